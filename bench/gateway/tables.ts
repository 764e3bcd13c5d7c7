import { megabytes, short, spreadOf, tableText } from '../figures.ts';
import type { Figures } from './rounds.ts';

const HEAD = [
  ...['', 'req/s', 'of bare proxy', 'of Portkey', 'of LiteLLM', 'CPU µs/req'],
  ...['added p50 ms', 'added p99 ms', 'added first byte ms', 'memory', 'errors'],
];

/** One table for whole answers and one for streams: medians over the rounds, and ratios of them. */
export function gatewayTables(figures: readonly Figures[]): string {
  const title = { false: 'Whole answers', true: 'Streams of 50 chunks' };
  return [false, true]
    .map((stream) => {
      const of = figures.filter((one) => one.stream === stream);
      return `\n${title[`${stream}`]}\n${tableText(HEAD, rowsOf(of))}`;
    })
    .join('');
}

function rowsOf(figures: readonly Figures[]): string[][] {
  const names = [...new Set(figures.map(({ name }) => name))];
  const median = (name: string, of: (one: Figures) => number) => {
    const values = figures.filter((one) => one.name === name).map(of);
    return values.length === 0 ? undefined : spreadOf(values).median;
  };
  const rate = (name: string) => median(name, ({ perSecond }) => perSecond);
  const ratio = (name: string, peer: string) => {
    const [own, other] = [rate(name), rate(peer)];
    return own === undefined || other === undefined ? '–' : `${short(own / other)}×`;
  };
  const added = (name: string, of: (one: Figures) => number) =>
    name === 'direct' ? '–' : short((median(name, of) ?? 0) - (median('direct', of) ?? 0));
  return names.map((name) => [
    ...[name, short(rate(name) ?? 0), ratio(name, 'bare node:http proxy')],
    ...[ratio(name, 'Portkey'), ratio(name, 'LiteLLM')],
    name === 'direct' ? '–' : short(median(name, ({ cpuUs }) => cpuUs) ?? 0),
    added(name, ({ p50Ms }) => p50Ms),
    added(name, ({ p99Ms }) => p99Ms),
    added(name, ({ firstByteMs }) => firstByteMs),
    name === 'direct' ? '–' : megabytes(median(name, ({ memoryBytes }) => memoryBytes) ?? 0),
    String(figures.filter((one) => one.name === name).reduce((sum, one) => sum + one.errors, 0)),
  ]);
}
