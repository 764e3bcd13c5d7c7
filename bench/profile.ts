import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { runScript } from './child.ts';
import { hotFunctions } from './cpu-profile.ts';
import { megabytes, short, tableText } from './figures.ts';
import { dataOf } from './metering-rounds.ts';
import { resetLake } from './reset-lake.ts';

export interface ProfileWanted {
  readonly folder: string;
  readonly rows: number;
  /** Take a CPU profile too, which costs some speed. */
  readonly cpu: boolean;
  readonly tell: (text: string) => void;
}

interface StepTime {
  readonly calls: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
}

const FUNCTIONS_SHOWN = 40;

/** Where the time goes: one thread, one state at a time; the shares are what counts. */
export async function profileSize({ folder, rows, cpu, tell }: ProfileWanted): Promise<string> {
  const { root } = await dataOf({ folder, rows, tell });
  resetLake(root);
  const profiles = join(root, 'cpu');
  rmSync(profiles, { recursive: true, force: true });
  const nodeOptions = cpu ? ['--cpu-prof', `--cpu-prof-dir=${profiles}`] : [];
  const { report, rssBytes } = await runScript('peers/profile.ts', [root], nodeOptions);
  const whole = Number(report['wholeSeconds']);
  const times = Object.entries(report['times'] as Record<string, StepTime>);
  times.sort(([, a], [, b]) => b.seconds - a.seconds);
  const lines = times.map(([name, { calls, seconds, cpuSeconds }]) => [
    name,
    String(calls),
    `${short((seconds / whole) * 100)} %`,
    short((seconds * 1e6) / rows),
    short((cpuSeconds * 1e6) / rows),
  ]);
  const states = tableText(['state', 'runs', 'share', 'µs/row', 'CPU µs/row'], lines);
  const title = `\n${rows} rows, one thread, ${short((whole * 1e6) / rows)} µs a row, ${megabytes(rssBytes)}\n`;
  return `${title}${states}${cpu ? functionsTable(profiles) : ''}`;
}

function functionsTable(folder: string): string {
  const [file] = readdirSync(folder).filter((name) => name.endsWith('.cpuprofile'));
  if (file === undefined) throw new Error(`CPU profile: none in ${folder}`);
  const hot = hotFunctions(join(folder, file), FUNCTIONS_SHOWN);
  const lines = hot.map(({ name, place, share }) => [name, place, `${short(share * 100)} %`]);
  return `\nFunctions by their own time\n${tableText(['function', 'at', 'share'], lines)}`;
}
