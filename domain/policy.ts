/** Rates of one tenant, or of one of its models. Null: no limit. */
export interface RateLimits {
  readonly requestsPerMinute: number | null;
  /** Estimated before the call, exact once it ended. */
  readonly tokensPerMinute: number | null;
}

/** What a tenant may call, and how much at once. */
export interface Policy {
  /** Ids as callers write them, or foundation model ids. Null: every approved model. */
  readonly models: readonly string[] | null;
  readonly limits: RateLimits & { readonly concurrent: number | null };
  /** Limits of single models, by foundation model id. */
  readonly perModel: Readonly<Record<string, RateLimits>>;
  /** Most tokens a call may generate. */
  readonly outputTokensMax: number | null;
  /** From this instant a model is refused, by foundation model id. UTC ms. */
  readonly endOfLifeMs: Readonly<Record<string, number>>;
  /** Attempts per model before the next one is tried, from 1. */
  readonly attempts: number;
  /** Models to try, in order, where one is throttled or down, by foundation model id. */
  readonly fallbacks: Readonly<Record<string, readonly string[]>>;
  /** Guardrail that is applied to every conversation. */
  readonly guardrail: { readonly id: string; readonly version: string } | null;
}

/** Of a tenant nobody wrote a policy for: every approved model, no limit, one attempt. */
export const OPEN_POLICY: Policy = {
  models: null,
  limits: { requestsPerMinute: null, tokensPerMinute: null, concurrent: null },
  perModel: {},
  outputTokensMax: null,
  endOfLifeMs: {},
  attempts: 1,
  fallbacks: {},
  guardrail: null,
};

/** What a policy says of one model. Its id is the caller's own word, and `valueOf` is one of every object. */
export function saidOf<T>(byModel: Readonly<Record<string, T>>, model: string): T | undefined {
  return Object.hasOwn(byModel, model) ? byModel[model] : undefined;
}

/** Why a policy does not let a model be called; undefined if it does. */
export function refusalOfModel(
  policy: Policy,
  ids: { readonly requested: string; readonly model: string },
  atMs: number,
): 'not_allowed' | 'end_of_life' | undefined {
  const { models, endOfLifeMs } = policy;
  if (models && !models.includes(ids.requested) && !models.includes(ids.model)) {
    return 'not_allowed';
  }
  const endMs = saidOf(endOfLifeMs, ids.model) ?? saidOf(endOfLifeMs, ids.requested);
  return endMs !== undefined && atMs >= endMs ? 'end_of_life' : undefined;
}
