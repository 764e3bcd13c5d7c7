import { isEventId } from '../../../domain/event-id.ts';
import { TOKEN_METERS } from '../../../domain/meters.ts';
import { formatUsd } from '../../../domain/money.ts';
import type { PricedAs } from '../../../domain/usage-event.ts';
import { createBookReader, priceBookKey } from '../../../handlers/prices/price-books.ts';
import type { ReadBook } from '../../../handlers/prices/price-books.ts';
import { parseModelId } from '../../../pricing/model-id.ts';
import { standingText } from '../../../pricing/model-standing.ts';
import { whyUnpriced } from '../../../pricing/why-unpriced.ts';
import { nodeCodec } from '../../node/codec.ts';
import { openPricedFolder } from '../book-source.ts';
import { trailOf } from '../event-trail.ts';
import type { EventTrail } from '../event-trail.ts';
import { createFolderObjects } from '../lake/folder-objects.ts';
import { EXIT, UsageError, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { note, printLine } from './output.ts';
import { originOf, originText } from './price-origin.ts';

export const explainCommand: Command = {
  name: 'explain',
  summary: 'the prices of one metered call down to SKU, rate code and publication',
  usage: 'EVENT_ID --data DIR',
  help: ['Exits 1 if no sealed window holds the call.'],
  async run(args) {
    const { values, positionals } = readArgs(args, { data: { type: 'string' } });
    const [id] = positionals;
    if (id === undefined || positionals.length > 1 || !isEventId(id)) {
      throw new UsageError(`got ${id ?? 'no id'}, expected one event id (UUIDv7)`);
    }
    const folder = openPricedFolder(required(values, 'data'));
    const rows = (await trailOf(folder, id)).flatMap(({ row, corrections }) =>
      row ? [row, ...corrections] : [],
    );
    const books = createBookReader({ objects: createFolderObjects(folder.lake), codec: nodeCodec });
    const told = [];
    for (const row of rows) {
      const book = await books.read(priceBookKey(String(row['price_book'])));
      told.push({ row, book, meters: metersOf(row, book) });
    }
    if (values['json']) printLine(JSON.stringify({ id, attempts: told.map(answerOf) }, null, 2));
    else for (const each of told) printLine(explanation(each));
    if (rows.length > 0) return EXIT.fine;
    note(`no sealed row has the id ${id}`);
    return EXIT.failed;
  },
};

type Row = NonNullable<EventTrail['row']>;

interface Told {
  readonly row: Row;
  readonly book: ReadBook;
  readonly meters: ReturnType<typeof metersOf>;
}

function metersOf(row: Row, { prices }: ReadBook) {
  const admittedMs = Date.parse(`${String(row['admitted_at']).replace(' ', 'T')}Z`);
  return quantitiesOf(row).flatMap(([meter, quantity]) => {
    if (quantity === 0) return [];
    const key = { ...(row as unknown as PricedAs), meter };
    const entry = prices.priceInForce(key, admittedMs);
    const reason = entry
      ? null
      : (standingText(parseModelId(key.model)) ?? whyUnpriced(prices.book, key));
    return [{ meter, quantity, entry, reason }];
  });
}

/** Tokens, then what else the call used: pictures, searches, guardrail units. */
function quantitiesOf(row: Row): (readonly [meter: string, quantity: number])[] {
  const other = JSON.parse(String(row['other'] ?? '{}')) as Readonly<Record<string, number>>;
  return [
    ...TOKEN_METERS.map((meter) => [meter, Number(row[meter])] as const),
    ...Object.entries(other),
  ];
}

function answerOf({ row, book, meters }: Told) {
  const { attempt, kind, cost, unpriced_reason, price_book } = row;
  return {
    ...{ attempt, kind, cost, unpriced_reason, price_book },
    meters: meters.map(({ meter, quantity, entry, reason }) =>
      entry
        ? {
            ...{ meter, quantity, usd: formatUsd(entry.price), reason: null },
            amount: formatUsd(BigInt(quantity) * entry.price),
            ...originOf(book.prices.book, entry),
          }
        : { meter, quantity, usd: null, reason },
    ),
  };
}

function explanation({ row, book, meters }: Told): string {
  const cost = row['cost'] ?? `unpriced: ${String(row['unpriced_reason'])}`;
  return [
    `${String(row['kind'])} ${String(row['id'])}, attempt ${String(row['attempt'])}: ${String(cost)}`,
    `  price book ${book.sha256}`,
    ...meters.flatMap(({ meter, quantity, entry, reason }) =>
      entry
        ? [
            `  ${meter}: ${quantity} × ${formatUsd(entry.price)} = ${formatUsd(BigInt(quantity) * entry.price)}`,
            ...originText(book.prices.book, entry).map((line) => `    ${line}`),
          ]
        : [`  ${meter}: ${quantity}, unpriced: ${reason ?? ''}`],
    ),
  ].join('\n');
}
