import { formatInstant, parseInstant } from '../../../domain/instant.ts';
import { formatUsd } from '../../../domain/money.ts';
import { parseModelId } from '../../../pricing/model-id.ts';
import { standingText } from '../../../pricing/model-standing.ts';
import type { PriceBook, PriceEntry } from '../../../pricing/price-entry.ts';
import { pricesInForce } from '../../../pricing/prices-in-force.ts';
import { openBook } from '../book-source.ts';
import { EXIT, UsageError, readArgs } from './command.ts';
import type { Command } from './command.ts';
import { printLine, tableText } from './output.ts';
import { BOOK_OPTIONS, atOf, regionOf, sourceOf } from './price-options.ts';
import { originOf } from './price-origin.ts';

export const showCommand: Command = {
  name: 'show',
  summary: 'every price of one model that is in force',
  usage: 'MODEL [--region R] [--at ISO] [--book FILE | --data DIR]',
  help: ['MODEL     any form of model id; a profile shows the prices of its scope'],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      ...BOOK_OPTIONS,
      region: { type: 'string' },
      at: { type: 'string' },
    });
    const [text] = positionals;
    if (text === undefined || positionals.length > 1) {
      throw new UsageError(`got ${positionals.length} models, expected one`);
    }
    const book = await openBook(sourceOf(values));
    const at = atOf(values);
    const id = parseModelId(text);
    const region = regionOf(values, id);
    const model = id.model ?? text;
    const prices = pricesInForce(book).filter(
      (entry) =>
        entry.model === model &&
        (region === undefined || entry.region === region) &&
        (id.kind !== 'inference_profile' || fitsScope(entry, id.scope)) &&
        holdsAt(entry, at),
    );
    const where = region === undefined ? '' : ` in ${region}`;
    const reason =
      prices.length > 0 ? null : (standingText(id) ?? `no price of ${model}${where} is in force`);
    if (values['json'])
      printLine(JSON.stringify(answerOf(book, { model, at, prices, reason }), null, 2));
    else printLine(reason === null ? pricesText(prices) : `unpriced: ${reason}`);
    return EXIT.fine;
  },
};

/** A geographic profile is priced by the regional rows. */
function fitsScope(entry: PriceEntry, scope: string): boolean {
  return (entry.scope === 'global') === (scope === 'global');
}

function holdsAt({ effective_from: from, effective_to: to }: PriceEntry, atMs: number): boolean {
  return (from === null || parseInstant(from) <= atMs) && (to === null || atMs < parseInstant(to));
}

interface Shown {
  readonly model: string;
  readonly at: number;
  readonly prices: readonly PriceEntry[];
  readonly reason: string | null;
}

function answerOf(book: PriceBook, { model, at, prices, reason }: Shown) {
  const rows = prices.map((entry) => {
    const { meter, region, scope, tier, mode, latency_class, context, unit, price } = entry;
    const { effective_from, effective_to } = entry;
    return {
      ...{ meter, region, scope, tier, mode, latency_class, context, unit, usd: formatUsd(price) },
      ...{ effective_from, effective_to, ...originOf(book, entry) },
    };
  });
  return { model, at: formatInstant(at), reason, prices: rows };
}

const COLUMNS = ['meter', 'region', 'scope', 'tier', 'mode', 'latency_class', 'context'] as const;

/** Prices per million tokens read better than per token; other units are priced one by one. */
function pricesText(prices: readonly PriceEntry[]): string {
  const columns = [
    ...COLUMNS.map((name) => ({ name: name.replace('_', ' '), kind: 'text' as const })),
    { name: 'USD', kind: 'money' as const },
    ...['per', 'SKU'].map((name) => ({ name, kind: 'text' as const })),
  ];
  const rows = prices.map((entry) => {
    const million = entry.unit === 'token';
    const usd = formatUsd(million ? entry.price * 1_000_000n : entry.price);
    const per = million ? '1M tokens' : entry.unit.replace('_', ' ');
    return [...COLUMNS.map((name) => entry[name]), usd, per, entry.sku ?? entry.offer];
  });
  return tableText({ columns, rows });
}
