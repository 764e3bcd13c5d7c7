import { diffBooks, holdReasons } from '../../../pricing/book-diff.ts';
import type { BookDiff } from '../../../pricing/book-diff.ts';
import { readBookFile } from '../book-source.ts';
import { EXIT, UsageError, readArgs } from './command.ts';
import type { Command } from './command.ts';
import { printLine } from './output.ts';

export const diffCommand: Command = {
  name: 'diff',
  summary: 'what a later price book says otherwise',
  usage: 'A B',
  help: ['A and B are files that `prices build --out` wrote, or books of a lake.'],
  run(args) {
    const { values, positionals } = readArgs(args, {});
    const [a, b] = positionals;
    if (a === undefined || b === undefined || positionals.length > 2) {
      throw new UsageError(`got ${positionals.length} books, expected two`);
    }
    const diff = diffBooks(readBookFile(a), readBookFile(b));
    const hold = holdReasons(diff);
    if (values['json']) printLine(JSON.stringify({ ...diff, hold }, null, 2));
    else printLine(diffText(diff, hold));
    return Promise.resolve(EXIT.fine);
  },
};

function diffText({ added, removed, moved, refused }: BookDiff, hold: readonly string[]): string {
  const lines = [
    ...moved.map(
      ({ key, before, after, percent }) =>
        `moved    ${key}  ${before} → ${after}${percent === null ? '' : ` (${percent} %)`}`,
    ),
    ...added.map(({ key, price }) => `added    ${key}  ${price}`),
    ...removed.map(({ key, price }) => `removed  ${key}  ${price}`),
    ...refused.map(
      ({ usage_type: type, name, reason }) =>
        `refused  ${type ?? 'no usage type'} of ${name ?? 'no model'}: ${reason}`,
    ),
  ];
  if (lines.length === 0) return 'no difference';
  return [
    ...lines,
    '',
    hold.length === 0
      ? 'nothing to hold'
      : `held for ${hold.length} ${hold.length === 1 ? 'reason' : 'reasons'}`,
  ].join('\n');
}
