import { coverageOf } from '../../../pricing/book-coverage.ts';
import type { ModelCoverage } from '../../../pricing/book-coverage.ts';
import { openBook } from '../book-source.ts';
import { EXIT, noMore, readArgs } from './command.ts';
import type { Command } from './command.ts';
import { printLine, tableText } from './output.ts';
import { BOOK_OPTIONS, sourceOf } from './price-options.ts';

export const coverageCommand: Command = {
  name: 'coverage',
  summary: 'every model that Bedrock sells: priced, or why not',
  usage: '[--book FILE | --data DIR]',
  help: ['Rows are those of the offers, each counted once, twins included.'],
  async run(args) {
    const { values, positionals } = readArgs(args, BOOK_OPTIONS);
    noMore(positionals);
    const book = await openBook(sourceOf(values));
    const models = coverageOf(book);
    const { account } = book;
    if (values['json']) printLine(JSON.stringify({ ...account, models }, null, 2));
    else printLine(coverageText(models));
    return EXIT.fine;
  },
};

function coverageText(models: readonly ModelCoverage[]): string {
  const columns = [
    { name: 'model', kind: 'text' as const },
    { name: 'rows', kind: 'count' as const },
    { name: 'meters or reason', kind: 'text' as const },
  ];
  const rows = models.map((model) => [
    model.ids.length > 0 ? model.ids.join(', ') : `(${model.names.join(', ')})`,
    String(model.rows),
    model.status === 'priced' ? model.meters.join(', ') : `unpriced: ${reasonOf(model)}`,
  ]);
  const priced = models.filter(({ status }) => status === 'priced').length;
  return `${tableText({ columns, rows })}\n${priced} of ${models.length} models are priced`;
}

function reasonOf({ unused }: ModelCoverage): string {
  const reasons = Object.entries(unused).map(
    ([reason, count]) => `${reason} (${count} ${count === 1 ? 'row' : 'rows'})`,
  );
  return reasons.length > 0 ? reasons.join(', ') : 'no offer has a row for it';
}
