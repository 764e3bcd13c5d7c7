import { performance } from 'node:perf_hooks';
import { HOUR_MS } from '../../domain/instant.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import { meteringDefinition } from '../../runtime/local/meter.ts';
import { openMeteringPorts } from '../../runtime/local/metering-ports.ts';
import { createSteps } from '../../runtime/local/steps.ts';
import type { Step } from '../../runtime/local/steps.ts';
import { createWorkflow } from '../../runtime/local/workflow/workflow.ts';
import { METERING_STEPS } from '../../workflows/steps.ts';
import { START_MS } from '../invented-calls.ts';
import { peakRssBytes } from '../peak-rss.ts';

/**
 * Meters a made data folder in one thread, one step at a time, and reports how long each state took:
 * where the time goes, without anything running beside it. `profile.ts DIR`.
 */
interface StepTime {
  calls: number;
  seconds: number;
  cpuSeconds: number;
}

const [root = ''] = process.argv.slice(2);
const times: Record<string, StepTime> = {};
let turn: Promise<unknown> = Promise.resolve();

/** Waits for its turn: a step that awaits would otherwise be charged for the work of another. */
function timed(name: string, step: Step): Step {
  const time = (times[name] ??= { calls: 0, seconds: 0, cpuSeconds: 0 });
  return (input) => {
    const run = turn.then(async () => {
      const [started, cpu] = [performance.now(), process.cpuUsage()];
      try {
        return await step(input);
      } finally {
        const { user, system } = process.cpuUsage(cpu);
        time.calls += 1;
        time.seconds += (performance.now() - started) / 1000;
        time.cpuSeconds += (user + system) / 1e6;
      }
    });
    turn = run.catch(() => undefined);
    return run;
  };
}

const started = performance.now();
const clock = createJumpingClock(START_MS + 48 * HOUR_MS);
const ports = openMeteringPorts(openDataFolder(root), clock);
const steps = createSteps(ports);
const tasks = METERING_STEPS.map((name) => [name, timed(name, steps[name])] as const);
const workflow = createWorkflow({
  definition: meteringDefinition(),
  tasks: Object.fromEntries(tasks),
  clock: { now: clock.now, sleep: clock.sleep, jumps: true },
  random: () => 0.5,
  name: 'metering',
});
const { status, error, cause } = await workflow.start({ force: null }, 'profile');
ports.close();
if (status !== 'SUCCEEDED') throw new Error(`metering stopped: ${error ?? status}: ${cause ?? ''}`);
const wholeSeconds = (performance.now() - started) / 1000;
process.stdout.write(`${JSON.stringify({ wholeSeconds, times, rssBytes: peakRssBytes() })}\n`);
