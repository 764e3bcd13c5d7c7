import { readFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { CHECKOUT } from '../runtime/local/metering-ports.ts';

/** A function of a CPU profile and the share of the samples that fell into its own code. */
export interface HotFunction {
  readonly name: string;
  readonly place: string;
  readonly share: number;
}

interface Profile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: {
      readonly functionName: string;
      readonly url: string;
      readonly lineNumber: number;
    };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** The functions of a `.cpuprofile` that took the most time themselves, idle time left out. */
export function hotFunctions(file: string, most: number): HotFunction[] {
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(file, 'utf8')) as Profile;
  const frames = new Map(nodes.map(({ id, callFrame }) => [id, callFrame]));
  const spent = new Map<string, { name: string; place: string; time: number }>();
  let whole = 0;
  for (const [index, id] of samples.entries()) {
    const frame = frames.get(id);
    if (!frame || frame.functionName === '(idle)' || frame.functionName === '(program)') continue;
    const place = placeOf(frame);
    const key = `${frame.functionName} ${place}`;
    const known = spent.get(key) ?? { name: nameOf(frame), place, time: 0 };
    known.time += timeDeltas[index] ?? 0;
    whole += timeDeltas[index] ?? 0;
    spent.set(key, known);
  }
  const sorted = [...spent.values()].sort((a, b) => b.time - a.time);
  return sorted
    .slice(0, most)
    .map(({ name, place, time }) => ({ name, place, share: time / whole }));
}

/** A regular expression is called by its whole source. */
const NAME_LENGTH = 40;

function nameOf({ functionName }: Profile['nodes'][number]['callFrame']): string {
  const name = functionName || '(anonymous)';
  return name.length > NAME_LENGTH ? `${name.slice(0, NAME_LENGTH - 1)}…` : name;
}

function placeOf({ url, lineNumber }: Profile['nodes'][number]['callFrame']): string {
  if (!url.startsWith('file:')) return url;
  return `${relative(CHECKOUT, fileURLToPath(url))}:${lineNumber + 1}`;
}
