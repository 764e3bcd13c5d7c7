import type { Window } from './window.ts';
import { partitionOf } from './window.ts';

/**
 * The tables of the lake: one column list per table, from which the Parquet files, the views and the
 * catalogue are made. A column has one physical type for ever.
 */
export type ColumnType =
  | 'text'
  | 'count'
  | 'boolean'
  /** UTC milliseconds. */
  | 'instant'
  /** DECIMAL(18,12): money of one call. */
  | 'call_money'
  /** DECIMAL(38,12): money that is summed, and prices. */
  | 'money';

export interface Column {
  readonly name: string;
  readonly type: ColumnType;
  /** Only where the domain has a real absence. */
  readonly optional?: true;
  /** Its values hardly ever repeat. */
  readonly distinct?: true;
}

export interface TableSchema {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** text: string · count, money: bigint or safe integer · instant: UTC ms · boolean. */
export type TableRow = Readonly<Record<string, string | number | bigint | boolean | null>>;

const text = (name: string): Column => ({ name, type: 'text' });
const optionalText = (name: string): Column => ({ name, type: 'text', optional: true });
const count = (name: string): Column => ({ name, type: 'count' });
const instant = (name: string): Column => ({ name, type: 'instant' });

const distinct = (column: Column): Column => ({ ...column, distinct: true });

const PRICED_AS = ['model', 'scope', 'region', 'tier', 'mode', 'latency_class', 'context'];
const METERS = ['input', 'cache_read', 'cache_write_5m', 'cache_write_1h', 'output'];

/** One row per attempt of a call. */
export const USAGE_TABLE: TableSchema = {
  name: 'usage',
  columns: [
    ...[distinct(text('id')), count('attempt')],
    ...[distinct(instant('admitted_at')), distinct(instant('settled_at'))],
    /** `call`; `late` for a line that came after its window was sealed. */
    text('kind'),
    /** The call's own window, which differs from the partition's for late rows. */
    instant('window_start'),
    ...[text('tenant'), optionalText('cost_center'), text('key'), optionalText('project')],
    ...[text('api'), text('model_requested'), ...PRICED_AS.map(text)],
    ...[text('outcome'), count('status'), { name: 'stream', type: 'boolean' } as const],
    ...[count('latency_ms'), { name: 'first_byte_ms', type: 'count', optional: true } as const],
    ...METERS.map(count),
    /** JSON of the meters that are not tokens; null when there are none. */
    optionalText('other'),
    ...[text('usage_source'), distinct({ name: 'reserved', type: 'call_money', optional: true })],
    distinct(optionalText('upstream_id')),
    /** Exact cost in USD; null while unpriced. */
    distinct({ name: 'cost', type: 'call_money', optional: true }),
    optionalText('unpriced_reason'),
    text('price_book'),
  ],
};

/** One row per tenant × key × model × price × meter of a window: what a statement is made of. */
export const CHARGES_TABLE: TableSchema = {
  name: 'charges',
  columns: [
    ...[instant('charge_period_start'), instant('charge_period_end'), text('kind')],
    ...[text('tenant'), optionalText('cost_center'), text('key'), ...PRICED_AS.map(text)],
    ...[text('meter'), count('calls'), count('quantity'), text('unit')],
    { name: 'unit_price', type: 'money' },
    { name: 'amount', type: 'money' },
    ...[text('offer'), optionalText('sku'), optionalText('rate_code'), text('price_book')],
  ],
};

/** Lines that could not be used: why, and a digest; never their content. */
export const QUARANTINE_TABLE: TableSchema = {
  name: 'quarantine',
  columns: [
    ...[text('reason'), text('line_sha256'), count('line_bytes'), instant('emitted_at')],
    optionalText('identity'),
    instant('window_start'),
  ],
};

/** A price book as SQL sees it. */
export const PRICES_TABLE: TableSchema = {
  name: 'prices',
  columns: [
    ...[...PRICED_AS.map(text), text('meter'), text('unit')],
    { name: 'unit_price', type: 'money' },
    /** Inclusive. */
    instant('effective_from'),
    /** Exclusive. */
    instant('effective_to'),
    ...[text('offer'), optionalText('sku'), optionalText('rate_code'), text('price_book')],
  ],
};

export const TABLES = [USAGE_TABLE, CHARGES_TABLE, QUARANTINE_TABLE] as const;

/** Tables that an audit reads before the run is sealed, as `candidate_…`. */
export const AUDITED_TABLES = [USAGE_TABLE, CHARGES_TABLE] as const;

/** Partition keys of a run's tables, all text. */
export const PARTITION_KEYS = ['dt', 'hour', 'run'] as const;

/** Identifies the physical form of every table in run ids and manifests. */
export function schemaText(): string {
  return JSON.stringify([...TABLES, PRICES_TABLE]);
}

/** Where the files of a run lie. */
export function runFolder(table: string, window: Window, run: string): string {
  return `data/${table}/${partitionOf(window)}/run=${run}`;
}
