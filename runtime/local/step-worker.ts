import { parentPort, workerData } from 'node:worker_threads';
import type { MeteringStep } from '../../workflows/steps.ts';
import { createStandingClock } from './clocks.ts';
import { openDataFolder } from './data-folder.ts';
import { openMeteringPorts } from './metering-ports.ts';
import type { MeteringSettings } from './metering-ports.ts';
import { createSteps } from './steps.ts';

/** What a worker is started with. */
export interface StepWorkerData {
  readonly data: string;
  readonly nowMs: number;
  readonly settings: MeteringSettings;
}

/** A step, or the reading of a journal file ahead of all steps: its input is the file's name. */
export type WorkerTask = MeteringStep | 'LearnFile';

export interface StepRequest {
  readonly id: number;
  readonly step: WorkerTask;
  readonly input: unknown;
}

export interface StepReply {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: { readonly name: string; readonly message: string };
}

const port = parentPort;
if (!port) throw new Error('step worker: started outside a worker thread');
const { data, nowMs, settings } = workerData as StepWorkerData;
const ports = openMeteringPorts(openDataFolder(data), createStandingClock(nowMs), settings);
const steps = createSteps(ports);

async function run(step: WorkerTask, input: unknown): Promise<unknown> {
  if (step !== 'LearnFile') return steps[step](input);
  ports.journal.learn(input as string);
  return undefined;
}

port.on('message', ({ id, step, input }: StepRequest) => {
  run(step, input).then(
    (output: unknown) => {
      port.postMessage({ id, output } satisfies StepReply);
    },
    (error: unknown) => {
      const { name, message } = error instanceof Error ? error : new Error(String(error));
      port.postMessage({ id, error: { name, message } } satisfies StepReply);
    },
  );
});
