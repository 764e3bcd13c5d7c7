import { HOUR_MS, MINUTE_MS } from './instant.ts';
import type { PicoUsd } from './money.ts';

/** How long a budget lasts before it begins anew. Weeks begin on Monday. */
export const BUDGET_PERIODS = ['day', 'week', 'month'] as const;
export type BudgetPeriod = (typeof BUDGET_PERIODS)[number];

/** `strict` refuses what might not fit; `soft` counts, warns and refuses nothing. */
export const BUDGET_MODES = ['strict', 'soft'] as const;
export type BudgetMode = (typeof BUDGET_MODES)[number];

/** What a tenant may spend in one period. A tenant has at most one budget for each period. */
export interface Budget {
  readonly period: BudgetPeriod;
  readonly limit: PicoUsd;
  readonly mode: BudgetMode;
  /** IANA time zone whose midnights begin the periods, such as `Europe/Berlin`. */
  readonly zone: string;
}

/** One period of a budget, half-open. */
export interface PeriodOfTime {
  /** Its first day, local: `YYYY-MM-DD`. */
  readonly label: string;
  readonly startMs: number;
  readonly endMs: number;
}

/** Is this the name of a time zone that this machine knows? */
export function isTimeZone(zone: string): boolean {
  try {
    formatOf(zone);
    return true;
  } catch {
    return false;
  }
}

/** The period that holds an instant: days, weeks and months as people of that zone count them. */
export function periodAt(atMs: number, period: BudgetPeriod, zone: string): PeriodOfTime {
  const day = localDay(atMs, zone);
  const first = firstDayOf(day, period);
  const known = periods.get(`${zone}/${period}/${first}`);
  if (known) return known;
  const found = {
    label: textOfDay(first),
    startMs: beginningOf(first, zone),
    endMs: beginningOf(nextPeriod(first, period), zone),
  };
  periods.set(`${zone}/${period}/${first}`, found);
  return found;
}

/** Days are numbered from 1970-01-01; the civil date of a day is that of its UTC midnight. */
const DAY_MS = 24 * HOUR_MS;
const periods = new Map<string, PeriodOfTime>();
const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const numeric = { year: 'numeric', month: 'numeric', day: 'numeric' } as const;
  const made = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    calendar: 'gregory',
    ...numeric,
  });
  formats.set(zone, made);
  return made;
}

function localDay(atMs: number, zone: string): number {
  const [month = 0, day = 0, year = 0] = formatOf(zone).format(atMs).split('/').map(Number);
  return Date.UTC(year, month - 1, day) / DAY_MS;
}

function firstDayOf(day: number, period: BudgetPeriod): number {
  if (period === 'day') return day;
  // 1970-01-01 was a Thursday: three days after a Monday.
  if (period === 'week') return day - ((((day + 3) % 7) + 7) % 7);
  return day - new Date(day * DAY_MS).getUTCDate() + 1;
}

function nextPeriod(first: number, period: BudgetPeriod): number {
  if (period === 'day') return first + 1;
  if (period === 'week') return first + 7;
  const date = new Date(first * DAY_MS);
  return Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + 1, 1) / DAY_MS;
}

function textOfDay(day: number): string {
  return new Date(day * DAY_MS).toISOString().slice(0, 10);
}

/** No zone is further from UTC than this. */
const FURTHEST_MS = 27 * HOUR_MS;

/** First instant of a local day, also where clocks skip its midnight: the first minute that is in it. */
function beginningOf(day: number, zone: string): number {
  let before = day * DAY_MS - FURTHEST_MS;
  let within = day * DAY_MS + FURTHEST_MS;
  while (within - before > MINUTE_MS) {
    const middle = before + Math.floor((within - before) / MINUTE_MS / 2) * MINUTE_MS;
    if (localDay(middle, zone) >= day) within = middle;
    else before = middle;
  }
  return within;
}
