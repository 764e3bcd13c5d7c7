import type { EventId } from './event-id.ts';
import type { TokenUsage } from './meters.ts';
import type { PicoUsd } from './money.ts';

/** Where a call may run: in one Region, in a geography, or anywhere. Geo is priced as regional. */
export const SCOPES = ['regional', 'geo', 'global'] as const;
/** Service tier that the response says was served. */
export const TIERS = ['standard', 'flex', 'priority', 'reserved'] as const;
/** How a call was made. */
export const MODES = ['on_demand', 'batch'] as const;
/** Latency class that the response says was served. */
export const LATENCY_CLASSES = ['standard', 'optimized'] as const;
/** Base rate, or the rate above a model's long-context threshold. */
export const CONTEXTS = ['base', 'long'] as const;
/** How an attempt ended. `cut`: the stream broke; `unknown`: nobody can say. */
export const OUTCOMES = [
  'ok',
  'refused',
  'throttled',
  'client_error',
  'upstream_error',
  'cut',
  'timeout',
  'unknown',
] as const;
/** Who counted the tokens. */
export const USAGE_SOURCES = ['reported', 'estimated', 'none'] as const;

export type Scope = (typeof SCOPES)[number];
export type Tier = (typeof TIERS)[number];
export type Mode = (typeof MODES)[number];
export type LatencyClass = (typeof LATENCY_CLASSES)[number];
export type Context = (typeof CONTEXTS)[number];
export type Outcome = (typeof OUTCOMES)[number];
export type UsageSource = (typeof USAGE_SOURCES)[number];

/** What decides the price of a call, beside its meters and the instant of admission. */
export interface PricedAs {
  /** Foundation model id; as requested where it could not be resolved. */
  readonly model: string;
  readonly scope: Scope;
  /** Source Region: the one that was called. */
  readonly region: string;
  readonly tier: Tier;
  readonly mode: Mode;
  readonly latency_class: LatencyClass;
  readonly context: Context;
}

/**
 * One attempt of one model call, finished or not; immutable. Identity is (id, attempt). Field names
 * are those of the usage line and of the lake.
 */
export interface UsageEvent extends PricedAs, TokenUsage {
  readonly id: EventId;
  /** From 1. All attempts of a call share its id and so its window. */
  readonly attempt: number;
  readonly admitted_ms: number;
  readonly tenant: string;
  readonly cost_center: string | null;
  readonly key: string;
  readonly project: string | null;
  /** Dialect and operation the tenant spoke, such as `openai.chat`. */
  readonly api: string;
  readonly model_requested: string;
  readonly outcome: Outcome;
  /** HTTP status the tenant was given. */
  readonly status: number;
  readonly stream: boolean;
  readonly settled_ms: number;
  readonly latency_ms: number;
  readonly first_byte_ms: number | null;
  /** Quantities that are not tokens: meter → whole units. */
  readonly other: Readonly<Record<string, number>>;
  readonly usage_source: UsageSource;
  /** What was held for the call; null when the model had no price to hold by. */
  readonly reserved: PicoUsd | null;
  readonly upstream_id: string | null;
}

/** `id/attempt`, the identity of an event in messages and in sorted lists. */
export function identityOf(event: { readonly id: EventId; readonly attempt: number }): string {
  return `${event.id}/${event.attempt}`;
}
