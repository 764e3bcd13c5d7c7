import { openDataFolder } from '../data-folder.ts';
import { RECORDED_PAGES } from '../book-source.ts';
import { createRecordedPrices } from '../recorded-prices.ts';
import { stderrNotifier } from '../stderr-notifier.ts';
import { updatePrices } from '../update-prices.ts';
import type { Acceptance } from '../update-prices.ts';
import { EXIT, noMore, oneOf, optional, readArgs, required } from './command.ts';
import type { Command, Options } from './command.ts';
import { note, printLine } from './output.ts';

export const updateCommand: Command = {
  name: 'update',
  summary: 'run the pricing workflow: publish a new book, or hold it for a person',
  usage:
    '--data DIR [--offers DIR] [--dated recorded|published] [--accept BOOK --by NAME --reason TEXT]',
  help: [
    '--offers  folder of GetProducts pages; those of fixtures/ if none is named',
    '--accept  publish the held book of this hash as it is',
    'Exits 1 when the book is held.',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      data: { type: 'string' },
      offers: { type: 'string' },
      dated: { type: 'string' },
      accept: { type: 'string' },
      by: { type: 'string' },
      reason: { type: 'string' },
    });
    noMore(positionals);
    const dated = oneOf(values, 'dated', ['recorded', 'published']);
    const { status, output, error, cause } = await updatePrices({
      folder: openDataFolder(required(values, 'data')),
      priceList: createRecordedPrices(optional(values, 'offers') ?? RECORDED_PAGES, dated),
      notifier: stderrNotifier,
      nowMs: Date.now(),
      accept: acceptance(values),
    });
    if (status !== 'SUCCEEDED') {
      if (values['json']) printLine(JSON.stringify({ outcome: 'failed', error, cause }, null, 2));
      note(`pricing stopped: ${error ?? status}: ${cause ?? ''}`);
      return EXIT.failed;
    }
    const { outcome, book } = output as { outcome: string; book: string };
    printLine(values['json'] ? JSON.stringify(output, null, 2) : `${outcome}: ${book}`);
    return EXIT.fine;
  },
};

function acceptance(values: Options): Acceptance | null {
  const book = optional(values, 'accept');
  if (book === undefined) return null;
  return { book, by: required(values, 'by'), reason: required(values, 'reason') };
}
