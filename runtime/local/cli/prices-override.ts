import { formatInstant } from '../../../domain/instant.ts';
import { MoneyError, parseUsd } from '../../../domain/money.ts';
import type { PicoUsd } from '../../../domain/money.ts';
import { createOverridePrice } from '../../../handlers/prices/override-price.ts';
import type { PriceOverride } from '../../../pricing/price-entry.ts';
import { modelOfMeter } from '../../../pricing/price-index.ts';
import { UNITS } from '../../../pricing/units.ts';
import type { Unit } from '../../../pricing/units.ts';
import { nodeCodec } from '../../node/codec.ts';
import { parquetTables } from '../../node/parquet-tables.ts';
import { openDataFolder } from '../data-folder.ts';
import { createFolderObjects } from '../lake/folder-objects.ts';
import { createSqliteStore } from '../sqlite/sqlite-store.ts';
import {
  EXIT,
  UsageError,
  noMore,
  instantOf,
  oneOf,
  optional,
  readArgs,
  required,
} from './command.ts';
import type { Command, Options } from './command.ts';
import { printLine } from './output.ts';
import { KEY_OPTIONS, keyOf } from './price-options.ts';

export const overrideCommand: Command = {
  name: 'override',
  summary: 'set a price of your own, from an instant on, by name and with a reason',
  usage:
    '--data DIR --model ID --meter METER --region R --usd AMOUNT|none [--unit token] --from ISO [--to ISO] --by NAME --reason TEXT',
  help: [
    '--usd     for one unit, such as 0.000003; none takes earlier overrides back',
    '--unit    token, image, second, text_unit, request, search_unit',
    'Scope, tier, mode, latency and context as in lookup. What is sealed stays until it is repriced.',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      ...KEY_OPTIONS,
      data: { type: 'string' },
      usd: { type: 'string' },
      unit: { type: 'string' },
      from: { type: 'string' },
      to: { type: 'string' },
      by: { type: 'string' },
      reason: { type: 'string' },
    });
    noMore(positionals);
    const override = overrideOf(values);
    const folder = openDataFolder(required(values, 'data'));
    const store = createSqliteStore({ file: folder.store });
    try {
      const objects = createFolderObjects(folder.lake);
      const ports = { objects, store, codec: nodeCodec, tables: parquetTables };
      const key = await createOverridePrice(ports)(override);
      printLine(values['json'] ? JSON.stringify({ book: key }, null, 2) : `published: ${key}`);
      return EXIT.fine;
    } finally {
      store.close();
    }
  },
};

function overrideOf(values: Options): PriceOverride {
  // What guards any model is priced under the one key that is asked for.
  const key = modelOfMeter(keyOf(values).key);
  const to = optional(values, 'to');
  const from = formatInstant(instantOf(required(values, 'from'), 'from'));
  const until = to === undefined ? null : formatInstant(instantOf(to, 'to'));
  if (until !== null && until <= from)
    throw new UsageError(`--to: got ${until}, expected after ${from}`);
  return {
    ...key,
    // A geographic profile has the regional price.
    scope: key.scope === 'global' ? 'global' : 'regional',
    unit: unitOf(values, key.meter),
    price: priceOf(required(values, 'usd')),
    effective_from: from,
    effective_to: until,
    recorded_at: formatInstant(Date.now()),
    author: required(values, 'by'),
    reason: required(values, 'reason'),
  };
}

/** Tokens are what most meters count; what counts something else must be said. */
function unitOf(values: Options, meter: string): Unit {
  const tokens = /^(?:input|output|cache_.*|.*_token)$/.test(meter);
  if (!tokens) required(values, 'unit');
  const unit = oneOf(values, 'unit', [...UNITS]);
  if (tokens !== (unit === 'token')) {
    throw new UsageError(
      `--unit: got ${unit} for ${meter}, which ${tokens ? 'is' : 'is not'} tokens`,
    );
  }
  return unit;
}

function priceOf(text: string): PicoUsd | null {
  if (text === 'none') return null;
  try {
    const price = parseUsd(text);
    if (price >= 0n) return price;
  } catch (error) {
    if (!(error instanceof MoneyError)) throw error;
  }
  throw new UsageError(
    `--usd: got ${text}, expected a plain decimal of USD with at most 12 places`,
  );
}
