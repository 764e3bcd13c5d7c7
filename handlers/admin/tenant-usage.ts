import { formatInstant } from '../../domain/instant.ts';
import { formatUsd, parseUsd } from '../../domain/money.ts';
import { ApiRefused } from '../edge/api-exchange.ts';
import { readHead } from '../metering/ledger-head.ts';
import type { Codec, ObjectStore, QueryEngine, SqlRow } from '../ports.ts';

/** UTC days, half-open: `YYYY-MM-DD`. */
export interface DayRange {
  readonly from: string;
  readonly to: string;
}

/** Says what a tenant used, from sealed windows alone, and how far they reach. */
export type UsageOf = (tenant: string, range: DayRange) => Promise<object>;

interface UsagePorts {
  /** Asked for only when somebody wants to know: an engine is not free. */
  readonly sql: () => Promise<QueryEngine>;
  /** The text of `sql/me/tenant_usage.sql`. */
  readonly statement: string;
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** Reads `from` and `to` of a query. @throws ApiRefused for anything but two days in order. */
export function usageRange(query: string): DayRange {
  const values = new URLSearchParams(query);
  const [from, to] = [values.get('from') ?? '', values.get('to') ?? ''];
  if (!DAY.test(from) || !DAY.test(to) || from >= to) {
    throw new ApiRefused(400, 'from, to: expected two UTC days, YYYY-MM-DD, to after from');
  }
  return { from, to };
}

/** Answers `GET /me/usage` from the sealed lake. */
export function createTenantUsage({ sql, statement, objects, codec }: UsagePorts): UsageOf {
  return async function usageOf(tenant, { from, to }) {
    const head = await readHead({ objects, codec });
    const rows = head
      ? await (await sql()).rows(statement, { tenant, from_day: from, to_day: to })
      : [];
    return {
      ...{ tenant, from, to },
      /** Calls admitted before this instant are in the figures; later ones are not sealed yet. */
      data_up_to: head ? formatInstant(head.sealedEndMs) : null,
      usage: rows.map(shown),
    };
  };
}

const COUNTS = [
  'calls',
  'input',
  'cache_read',
  'cache_write_5m',
  'cache_write_1h',
  'output',
  'unpriced_calls',
];

function shown(row: SqlRow) {
  const { usage_day: day, model, cost } = row;
  return {
    ...{ day, model },
    ...Object.fromEntries(COUNTS.map((name) => [name, Number(row[name])])),
    cost_usd: cost === null || cost === undefined ? null : formatUsd(parseUsd(cost)),
  };
}
