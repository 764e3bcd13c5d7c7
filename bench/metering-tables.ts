import { megabytes, ratioText, short, spreadOf, tableText } from './figures.ts';
import type { Measured, Peer, SizeFigures } from './metering-rounds.ts';

/** Rows per second of metering over a peer's, round by round. */
export function ratiosTo(peer: Peer, { runs }: SizeFigures): number[] {
  return runs.tollbook.flatMap(({ seconds }, round) => {
    const other = runs[peer][round];
    return other ? [other.seconds / seconds] : [];
  });
}

/** How fast, against whom. */
export function speedTable(sizes: readonly SizeFigures[]): string {
  const rows = sizes.map((figures) => [
    figures.rows.toLocaleString('en-US'),
    ratioOrNone(ratiosTo('pandas', figures)),
    ratioOrNone(ratiosTo('duckdb', figures)),
  ]);
  const head = ['calls', 'rows/s against pandas', 'rows/s against DuckDB sort + write'];
  return `\nJournal to sealed lake, everything included, median of fresh processes (least–most)\n${tableText(head, rows)}`;
}

/** How much memory and disk, and whether memory is flat. */
export function memoryTable(sizes: readonly SizeFigures[]): string {
  const peak = (runs: readonly Measured[]) => Math.max(0, ...runs.map(({ rssBytes }) => rssBytes));
  const smallest = peak(sizes[0]?.runs.tollbook ?? []);
  const rows = sizes.map(({ rows: count, runs, bytesPerRow }) => [
    count.toLocaleString('en-US'),
    megabytes(peak(runs.tollbook)),
    `${short(peak(runs.tollbook) / smallest)}×`,
    runs.pandas.length > 0 ? megabytes(peak(runs.pandas)) : 'not run',
    megabytes(peak(runs.duckdb)),
    short(bytesPerRow.journal),
    short(bytesPerRow.usage),
    short(bytesPerRow.archive),
  ]);
  const head = ['calls', 'tollbook RSS', 'vs first', 'pandas RSS', 'DuckDB RSS'];
  const sizesHead = ['journal B/row', 'usage B/row', 'archive B/row'];
  return `\nPeak memory, and bytes per row\n${tableText([...head, ...sizesHead], rows)}`;
}

function ratioOrNone(ratios: readonly number[]): string {
  return ratios.length === 0 ? 'not run' : ratioText(spreadOf(ratios));
}
