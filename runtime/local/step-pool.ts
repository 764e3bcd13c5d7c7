import { Worker } from 'node:worker_threads';
import type { MeteringStep } from '../../workflows/steps.ts';
import type { StepReply, StepRequest, StepWorkerData } from './step-worker.ts';

/** Worker threads that run the steps of windows, all steps of a window on one of them. */
export interface StepPool {
  run(step: MeteringStep, input: unknown): Promise<unknown>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * Starts `size` workers over a data folder. A window stays with its worker, whose index of the journal
 * it needs; query ids belong to the worker that gave them, so they carry its number.
 */
export function createStepPool(size: number, data: StepWorkerData): StepPool {
  const workers = Array.from({ length: size }, (_, index) => startWorker(index, data));
  const homes = new Map<string, number>();

  function homeOf(input: unknown): number {
    const { start, queryId } = input as { start?: string; queryId?: string };
    const owner = /^worker-(\d+)\//.exec(queryId ?? '')?.[1];
    if (owner !== undefined) return Number(owner);
    const known = homes.get(start ?? '');
    if (known !== undefined) return known;
    const home = homes.size % size;
    homes.set(start ?? '', home);
    return home;
  }

  return {
    async run(step, input) {
      const home = homeOf(input);
      const worker = workers[home];
      if (!worker) throw new RangeError(`step pool: no worker ${home}`);
      const output = await worker.run(step, withoutOwner(input));
      return withOwner(output, home);
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

function withoutOwner(input: unknown): unknown {
  const { queryId } = input as { queryId?: string };
  if (queryId === undefined) return input;
  return { ...(input as object), queryId: queryId.replace(/^worker-\d+\//, '') };
}

function withOwner(output: unknown, home: number): unknown {
  const { queryId } = output as { queryId?: string };
  if (queryId === undefined) return output;
  return { ...(output as object), queryId: `worker-${home}/${queryId}` };
}

function startWorker(index: number, workerData: StepWorkerData) {
  const worker = new Worker(new URL('./step-worker.ts', import.meta.url), {
    workerData,
    name: `step-worker-${index}`,
  });
  const waiting = new Map<number, Waiting>();
  let sent = 0;
  worker.on('message', ({ id, output, error }: StepReply) => {
    const call = waiting.get(id);
    waiting.delete(id);
    if (error) call?.reject(Object.assign(new Error(error.message), { name: error.name }));
    else call?.resolve(output);
  });
  worker.on('error', (error: Error) => {
    for (const { reject } of waiting.values()) reject(error);
    waiting.clear();
  });

  return {
    run: (step: MeteringStep, input: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        sent += 1;
        waiting.set(sent, { resolve, reject });
        worker.postMessage({ id: sent, step, input } satisfies StepRequest);
      }),
    stop: () => worker.terminate(),
  };
}
