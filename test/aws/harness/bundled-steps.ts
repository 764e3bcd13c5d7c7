import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Step } from '../../../runtime/aws/step-function.ts';
import { stepFunctionName } from '../../../runtime/settings.ts';
import { METERING_STEPS } from '../../../workflows/steps.ts';
import type { MeteringStep } from '../../../workflows/steps.ts';

interface Answer {
  readonly id: number;
  readonly output?: unknown;
  readonly error?: { readonly errorType: string; readonly errorMessage: string };
}

export interface BundledSteps {
  readonly steps: Record<MeteringStep, Step>;
  /** What the functions printed to standard output. */
  readonly printed: () => string;
  close(): void;
}

/** The steps as they are deployed, in a process that has the environment of a function. */
export function startBundledSteps(
  folder: string,
  env: Readonly<Record<string, string | undefined>>,
): BundledSteps {
  const host = fork(join(__dirname, 'bundle-host.ts'), [folder], {
    env: { ...env },
    stdio: ['ignore', 'pipe', 'inherit', 'ipc'],
  });
  const waiting = new Map<number, PromiseWithResolvers<unknown>>();
  let [asked, printed] = [0, ''];

  host.stdout?.on('data', (chunk: Buffer) => (printed += chunk.toString()));
  host.on('message', ({ id, output, error }: Answer) => {
    const call = waiting.get(id);
    waiting.delete(id);
    // Step Functions goes by the name alone.
    if (error)
      call?.reject(Object.assign(new Error(error.errorMessage), { name: error.errorType }));
    else call?.resolve(output);
  });
  host.on('exit', (code) => {
    for (const call of waiting.values()) call.reject(new Error(`host ended with ${code}`));
  });

  const stepOf = (step: MeteringStep) => (event: unknown) => {
    const call = Promise.withResolvers<unknown>();
    const id = (asked += 1);
    waiting.set(id, call);
    host.send({ id, name: stepFunctionName(step), event });
    return call.promise;
  };
  return {
    steps: Object.fromEntries(METERING_STEPS.map((step) => [step, stepOf(step)])) as Record<
      MeteringStep,
      Step
    >,
    printed: () => printed,
    close: () => host.kill(),
  };
}
