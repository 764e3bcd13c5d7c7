import { readFileSync, writeFileSync } from 'node:fs';
import { buildPriceBook } from '../../../pricing/price-book.ts';
import { decodeOverride, encodePriceBook } from '../../../pricing/price-book-json.ts';
import type { PriceAccount, PriceBook, PriceOverride } from '../../../pricing/price-entry.ts';
import { OFFERS } from '../../../pricing/price-row.ts';
import { nodeCodec } from '../../node/codec.ts';
import { readBookFile } from '../book-source.ts';
import { readOffers } from '../offer-source.ts';
import { EXIT, noMore, oneOf, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { note, printLine, tableText } from './output.ts';

const AMBIGUOUS_SHOWN = 20;

export const buildCommand: Command = {
  name: 'build',
  summary: 'read offers into a price book; every row is priced or refused with a reason',
  usage:
    '--offers DIR|FILE [--out FILE] [--dated recorded|published] [--after BOOK] [--overrides FILE]',
  help: [
    '--offers     recorded pages in a folder, one page, an offer file, or JSON lines of records',
    '--dated      recorded: dates mean nothing, prices hold at any instant (default);',
    '             published: prices hold from the effective date of their term',
    '--after      the book so far, whose history and overrides live on',
    '--overrides  JSON list of overrides to add',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      offers: { type: 'string' },
      out: { type: 'string' },
      dated: { type: 'string' },
      after: { type: 'string' },
      overrides: { type: 'string' },
    });
    noMore(positionals);
    const offers = await readOffers(required(values, 'offers'));
    const [after, set] = [optional(values, 'after'), optional(values, 'overrides')];
    const book = buildPriceBook({
      offers,
      dated: oneOf(values, 'dated', ['recorded', 'published']),
      before: after === undefined ? null : readBookFile(after),
      overrides: set === undefined ? [] : readOverrides(set),
    });
    const out = optional(values, 'out');
    const text = encodePriceBook(book);
    if (out !== undefined) writeFileSync(out, text);
    if (values['json']) printLine(JSON.stringify(accountOf(book.account), null, 2));
    else printLine(accountText(book));
    sayWhatIsOdd(book);
    if (out !== undefined) note(`price book ${nodeCodec.sha256(text)} in ${out}`);
    return EXIT.fine;
  },
};

function accountOf({ read, priced, refused, ambiguous }: PriceAccount) {
  return { read, priced, refused, ambiguous };
}

/** Ambiguous rows are an error of the list: each is named. */
function sayWhatIsOdd({ offers, rejected }: PriceBook): void {
  const ambiguous = rejected.filter(({ outcome }) => outcome === 'ambiguous');
  // Rows of one key say the same: all of them.
  const told = [...new Set(ambiguous.map(({ reason, detail }) => `${reason}: ${detail}`))];
  for (const text of told.slice(0, AMBIGUOUS_SHOWN)) note(text);
  const hidden = told.length - AMBIGUOUS_SHOWN;
  if (hidden > 0) note(`and ${hidden} more ambiguous prices`);
  const missing = OFFERS.filter((name) => !offers.some(({ offer }) => offer === name));
  if (missing.length > 0) note(`without ${missing.join(' and ')}: its models have no price here`);
}

function accountText({ account, rejected }: PriceBook): string {
  const { read, priced, refused, ambiguous } = account;
  const rows = [
    ['read', String(read)],
    ['priced', String(priced)],
    ...Object.entries(refused)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([reason, count]) => [`refused: ${reason}`, String(count)]),
    ['ambiguous', String(ambiguous)],
  ];
  const columns = [
    { name: 'rows', kind: 'text' as const },
    { name: 'count', kind: 'count' as const },
  ];
  const lines = rejected.map(
    ({ reason, usage_type: type, name, detail }) =>
      `${reason}: ${type ?? 'no usage type'} of ${name ?? 'no model'} (${detail})`,
  );
  return [tableText({ columns, rows }), ...(lines.length > 0 ? ['', ...lines] : [])].join('\n');
}

/** Overrides as a book spells them, in a JSON list. @throws PriceBookError naming what is wrong. */
function readOverrides(path: string): PriceOverride[] {
  const list: unknown = JSON.parse(readFileSync(path, 'utf8'));
  return (Array.isArray(list) ? list : [list]).map(decodeOverride);
}
