import { setFlagsFromString } from 'node:v8';
import { Worker } from 'node:worker_threads';
import type { MeteringStep } from '../../workflows/steps.ts';
import type { StepReply, StepRequest, StepWorkerData, WorkerTask } from './step-worker.ts';

/** Worker threads that run the steps of windows, all steps of a window on one of them. */
export interface StepPool {
  run(step: MeteringStep, input: unknown): Promise<unknown>;
  /** Has files of the journal read by whichever worker is free. */
  learn(names: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

interface Waiting {
  readonly resolve: (output: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The last step of a window's reading. */
const LAST_STEP: MeteringStep = 'AuditWindow';
/** Windows in a row for one worker: neighbours share files of the journal. */
const NEIGHBOURS = 4;
/** How long a worker waits for the next step of its window before it turns to another. */
const PATIENCE_MS = 50;

/**
 * Starts `size` workers over a data folder. Windows take turns on them, and a worker prefers the next
 * step of the window it is at: it has that window's part of the journal in memory. Query ids belong
 * to the worker that gave them, so they carry its number.
 */
export function createStepPool(size: number, data: StepWorkerData): StepPool {
  // Of what a worker holds little lives long, and V8 would go through all of it for each 64 MB of buffers.
  // Isolates that begin from here on count buffers as part of the heap, wait until this much is there,
  // and then for half as much again as was alive.
  setFlagsFromString('--external-memory-accounted-in-global-limit');
  setFlagsFromString(`--initial-old-space-size=${OLD_MB}`);
  setFlagsFromString(`--heap-growing-percent=${HEAP_GROWTH}`);
  // All of its space for young objects at once: a server keeps its own, and with it theirs, from growing.
  setFlagsFromString(`--min-semi-space-size=${YOUNG_MB / 3}`);
  const workers = Array.from({ length: size }, (_, index) => takeTurns(startWorker(index, data)));
  const homes = new Map<string, number>();

  function homeOf(start: string, queryId: string): number {
    const owner = /^worker-(\d+)\//.exec(queryId)?.[1];
    const next = Math.floor(homes.size / NEIGHBOURS) % size;
    const home = owner === undefined ? (homes.get(start) ?? next) : Number(owner);
    if (start !== '') homes.set(start, home);
    return home;
  }

  return {
    async run(step, input) {
      const { start = '', queryId = '' } = input as { start?: string; queryId?: string };
      const home = homeOf(start, queryId);
      const worker = workers[home];
      if (!worker) throw new RangeError(`step pool: no worker ${home}`);
      return withOwner(await worker.run(step, withoutOwner(input), start), home);
    },
    learn: async (names) => {
      const waiting = [...names];
      await Promise.all(
        workers.map(async (worker) => {
          for (let name = waiting.shift(); name !== undefined; name = waiting.shift()) {
            await worker.run('LearnFile', name, '');
          }
        }),
      );
    },
    close: async () => {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

interface Turn {
  readonly window: string;
  readonly take: () => Promise<unknown>;
}

/** One step at a time, those of the window at hand first. */
function takeTurns(worker: ReturnType<typeof startWorker>) {
  const queue: Turn[] = [];
  let at = '';
  let busy = false;
  let patience: NodeJS.Timeout | undefined;

  function next(mayWait: boolean): void {
    if (busy || queue.length === 0) return;
    const same = queue.findIndex(({ window }) => window === at || window === '');
    if (same < 0 && at !== '' && mayWait) {
      patience ??= setTimeout(next, PATIENCE_MS, false);
      return;
    }
    clearTimeout(patience);
    patience = undefined;
    const [turn] = queue.splice(Math.max(0, same), 1);
    if (!turn) return;
    if (turn.window !== '') at = turn.window;
    busy = true;
    void turn.take().finally(() => {
      busy = false;
      next(true);
    });
  }

  return {
    run: (step: WorkerTask, input: unknown, window: string): Promise<unknown> => {
      const { promise, resolve, reject } = Promise.withResolvers<unknown>();
      const take = () =>
        worker.run(step, input).then((output) => {
          if (step === LAST_STEP) at = '';
          resolve(output);
        }, reject);
      queue.push({ window, take });
      next(true);
      return promise;
    },
    stop: worker.stop,
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

/** Megabytes of old objects before the first collection of everything. */
const OLD_MB = 96;
/** As a server has it, whose flags these become too. */
const HEAP_GROWTH = 50;
/** A batch of lines should die young: moved to where the old live, it stays for long. */
const YOUNG_MB = 96;

function startWorker(index: number, workerData: StepWorkerData) {
  const worker = new Worker(new URL('./step-worker.ts', import.meta.url), {
    workerData,
    name: `step-worker-${index}`,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
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
    run: (step: WorkerTask, input: unknown): Promise<unknown> =>
      new Promise((resolve, reject) => {
        sent += 1;
        waiting.set(sent, { resolve, reject });
        worker.postMessage({ id: sent, step, input } satisfies StepRequest);
      }),
    stop: () => worker.terminate(),
  };
}
