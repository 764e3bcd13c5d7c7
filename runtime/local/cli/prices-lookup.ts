import { formatInstant } from '../../../domain/instant.ts';
import { formatUsd } from '../../../domain/money.ts';
import type { PricedAs } from '../../../domain/usage-event.ts';
import { standingText } from '../../../pricing/model-standing.ts';
import type { PriceBook, PriceEntry } from '../../../pricing/price-entry.ts';
import { createPriceIndex } from '../../../pricing/price-index.ts';
import { whyUnpriced } from '../../../pricing/why-unpriced.ts';
import { openBook } from '../book-source.ts';
import { EXIT, noMore, readArgs } from './command.ts';
import type { Command } from './command.ts';
import { printLine } from './output.ts';
import { BOOK_OPTIONS, KEY_OPTIONS, atOf, keyOf, sourceOf } from './price-options.ts';
import { originOf, originText } from './price-origin.ts';

export const lookupCommand: Command = {
  name: 'lookup',
  summary: 'the USD price of one unit (one token), or unpriced and why',
  usage:
    '--model ID --meter METER --region R [--scope regional|geo|global] [--tier T] [--mode M] [--latency standard|optimized] [--context base|long] [--at ISO] [--book FILE | --data DIR]',
  help: [
    '--model    any form of model id: base id, profile, ARN; a profile brings its scope',
    '--meter    input, output, cache_read, cache_write_5m, cache_write_1h, or another by its name',
    '--tier     standard, flex, priority, reserved   --mode  on_demand, batch',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      ...BOOK_OPTIONS,
      ...KEY_OPTIONS,
      at: { type: 'string' },
    });
    noMore(positionals);
    const { key, id } = keyOf(values);
    const atMs = atOf(values);
    const book = await openBook(sourceOf(values));
    const entry = createPriceIndex(book).priceInForce(key, atMs);
    const reason = entry ? null : (standingText(id) ?? whyUnpriced(book, key));
    if (values['json'])
      printLine(JSON.stringify(answerOf(book, { key, atMs, entry, reason }), null, 2));
    else printLine(entry ? priceText(book, entry) : `unpriced: ${reason ?? ''}`);
    return EXIT.fine;
  },
};

interface Found {
  readonly key: PricedAs & { readonly meter: string };
  readonly atMs: number;
  readonly entry: PriceEntry | undefined;
  readonly reason: string | null;
}

function answerOf(book: PriceBook, { key, atMs, entry, reason }: Found) {
  const asked = { ...key, at: formatInstant(atMs) };
  if (!entry) return { usd: null, reason, asked };
  const { unit, price, effective_from, effective_to } = entry;
  const holds = { effective_from, effective_to };
  return { usd: formatUsd(price), reason: null, asked, unit, ...holds, ...originOf(book, entry) };
}

/** The price alone on the first line, for programs; what it is and where from below. */
function priceText(book: PriceBook, entry: PriceEntry): string {
  const { model, meter, unit, scope, region, tier, mode, latency_class, context } = entry;
  const { effective_from: from, effective_to: to } = entry;
  return [
    formatUsd(entry.price),
    `USD per ${unit.replace('_', ' ')}, ${meter} of ${model}`,
    `${scope}, ${region}, ${tier}, ${mode}, latency ${latency_class}, context ${context}`,
    `in force from ${from ?? 'ever'} to ${to ?? 'further notice'}`,
    ...originText(book, entry),
  ].join('\n');
}
