import { eventTimeMs, isEventId } from '../../domain/event-id.ts';
import { formatInstant } from '../../domain/instant.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { formatUsd } from '../../domain/money.ts';
import { readManifestsSince } from '../../handlers/metering/ledger-head.ts';
import type { Reservation } from '../../handlers/ports.ts';
import { windowOf } from '../../domain/window.ts';
import { GUARDRAILS } from '../../pricing/model-names.ts';
import { nodeCodec } from '../node/codec.ts';
import type { DataFolder } from './data-folder.ts';
import type { DuckDbEngine } from './lake/duckdb-engine.ts';
import { createFolderObjects } from './lake/folder-objects.ts';
import { ask, openLake } from './lake/lake-reader.ts';
import { jsonRows } from './cli/output.ts';
import { createSqliteStore } from './sqlite/sqlite-store.ts';

type Row = Readonly<Record<string, string | number | null>>;

/** All that is known of one attempt: reservation, row, prices, and the manifest that sealed it. */
export interface EventTrail {
  readonly id: string;
  readonly attempt: number;
  readonly reservation: { readonly state: string; readonly reserved: string | null } | null;
  /** The row of the usage table; null while its window is not sealed, or if it is in suspense. */
  readonly row: Row | null;
  /** Rows that take back what it was charged and charge it anew, in the order they were sealed. */
  readonly corrections: readonly Row[];
  /** Per meter: quantity, unit price, amount, offer, SKU and rate code. */
  readonly prices: readonly Row[];
  readonly sealed: {
    readonly seq: number;
    readonly kind: string;
    readonly run: string;
    readonly file: string | null;
    readonly queries: readonly string[];
  } | null;
}

/** Follows a call from its id. Empty for an id that nobody knows. */
export async function trailOf(folder: DataFolder, id: string): Promise<readonly EventTrail[]> {
  if (!isEventId(id)) return [];
  const engine = await openLake(folder.lake);
  try {
    const rows = await usageRows(engine, id);
    const reservations = await reservationsOf(folder.store, id);
    const attempts = new Set([
      ...rows.map(({ attempt }) => Number(attempt)),
      ...reservations.map(({ attempt }) => attempt),
    ]);
    const trails: EventTrail[] = [];
    for (const attempt of [...attempts].sort((a, b) => a - b)) {
      const own = rows.filter((each) => each['attempt'] === attempt);
      const row = own.find((each) => !isCorrection(each)) ?? null;
      const held = reservations.find((each) => each.attempt === attempt);
      trails.push({
        ...{ id, attempt, row, corrections: own.filter(isCorrection) },
        reservation: held ? heldBy(held) : null,
        prices: row ? await pricesOf(engine, row) : [],
        sealed: row ? await sealOf(folder.lake, row) : null,
      });
    }
    return trails;
  } finally {
    engine.close();
  }
}

function heldBy({ state, reserved }: Reservation): EventTrail['reservation'] {
  return { state, reserved: reserved === null ? null : formatUsd(reserved) };
}

function isCorrection(row: Row): boolean {
  return row['kind'] === 'reversal' || row['kind'] === 'rebook';
}

async function usageRows(engine: DuckDbEngine, id: string): Promise<readonly Row[]> {
  return jsonRows(
    await ask(
      engine,
      `SELECT * FROM usage WHERE id = '${id}' ORDER BY attempt, dt, hour, kind DESC`,
    ),
  );
}

/** The reservations of an id: all its attempts share its window. */
async function reservationsOf(store: string, id: string): Promise<Reservation[]> {
  const opened = createSqliteStore({ file: store });
  try {
    const found: Reservation[] = [];
    for await (const batch of opened.reservations(windowOf(eventTimeMs(id)))) {
      for (const reservation of batch.filter((each) => each.id === id)) {
        const whole = await opened.findReservation(id, reservation.attempt);
        if (whole) found.push(whole);
      }
    }
    return found;
  } finally {
    opened.close();
  }
}

/** Prices that the row was rated at, joined again in SQL from its own columns. */
async function pricesOf(engine: DuckDbEngine, row: Row): Promise<readonly Row[]> {
  const statement = `
      WITH row AS (SELECT * FROM usage WHERE id = '${row['id']}' AND attempt = ${row['attempt']}
        AND kind NOT IN ('reversal', 'rebook')),
      used AS (${usedMeters(row).join(' UNION ALL ')})
      SELECT used.meter, quantity, unit_price, quantity * unit_price AS amount, prices.offer, sku,
        rate_code
      FROM used CROSS JOIN row JOIN prices ON prices.meter = used.meter
        AND prices.price_book = row.price_book AND prices.region = row.region
        AND effective_from <= admitted_at AND admitted_at < effective_to
        AND CASE WHEN used.meter LIKE 'guardrail!_%' ESCAPE '!'
          THEN prices.model = '${GUARDRAILS}' AND prices.scope = 'regional'
            AND prices.tier = 'standard' AND prices.mode = 'on_demand'
            AND prices.latency_class = 'standard' AND prices.context = 'base'
          ELSE prices.model = row.model AND prices.tier = row.tier AND prices.mode = row.mode
            AND prices.scope = CASE WHEN row.scope = 'global' THEN 'global' ELSE 'regional' END
            AND prices.latency_class = row.latency_class AND prices.context = row.context
        END
      WHERE quantity > 0`;
  return jsonRows(await ask(engine, statement));
}

/** Selects each meter of a row and its quantity: tokens from the columns, then what else it used. */
function usedMeters(row: Row): string[] {
  const other = JSON.parse(String(row['other'] ?? '{}')) as Readonly<Record<string, number>>;
  return [
    ...TOKEN_METERS.map((meter) => `SELECT '${meter}' AS meter, ${meter} AS quantity FROM row`),
    ...Object.entries(other).map(
      ([meter, quantity]) =>
        `SELECT '${meter.replaceAll("'", "''")}' AS meter, ${quantity} AS quantity`,
    ),
  ];
}

async function sealOf(lake: string, row: Row): Promise<EventTrail['sealed']> {
  const objects = createFolderObjects(lake);
  const partition = `dt=${row['dt']}/hour=${row['hour']}/run=${row['run']}`;
  const sinceMs = Date.parse(`${row['dt']}T${row['hour']}:00:00.000Z`);
  const manifests = await readManifestsSince({ objects, codec: nodeCodec }, sinceMs);
  const manifest = manifests.find(({ statement }) =>
    statement.files.some(({ path }) => path.includes(partition)),
  );
  if (!manifest) return null;
  const file = manifest.statement.files.find(({ path }) => path.startsWith('data/usage/'));
  return {
    seq: manifest.seq,
    kind: manifest.kind,
    run: String(row['run']),
    file: file?.path ?? null,
    queries: manifest.evidence.queries.map(
      ({ query_id, start, end }) => `${query_id} ${start} ${end}`,
    ),
  };
}

/** The hour of a call, as its window is named. */
export function windowName(id: string): string {
  return formatInstant(windowOf(eventTimeMs(id)).startMs);
}
