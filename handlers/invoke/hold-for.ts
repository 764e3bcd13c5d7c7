import { periodAt } from '../../domain/budget.ts';
import { SERVED_HEADERS } from '../../domain/dialects/bedrock-invoke.ts';
import { guardrailBound } from '../../domain/guardrail-units.ts';
import { budgetCounter, minuteCounter, runningCounter } from '../../domain/limits.ts';
import type { Hold } from '../../domain/limits.ts';
import type { ModelCall } from '../../domain/model-call.ts';
import type { PicoUsd } from '../../domain/money.ts';
import { saidOf } from '../../domain/policy.ts';
import type { RateLimits } from '../../domain/policy.ts';
import { inputTokenBound } from '../../domain/token-bounds.ts';
import { LATENCY_CLASSES, TIERS } from '../../domain/usage-event.ts';
import type { LatencyClass, PricedAs, Tier } from '../../domain/usage-event.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import { worstCase } from '../../pricing/worst-case.ts';
import type { Principal } from '../edge/authenticate.ts';
import { CallRefused } from './call-errors.ts';
import type { TenantRules } from './tenant-rules.ts';

/** What decides what is held for a call. */
export interface Holding {
  readonly prices: PriceIndex;
  readonly rules: TenantRules;
  readonly names: Pick<PricedAs, 'model' | 'scope' | 'region'>;
  /** With its output cap. */
  readonly call: ModelCall;
  readonly admittedMs: number;
  readonly principal: Pick<Principal, 'tenant'>;
}

/** What a call is priced as, the most it can cost, and what it takes from each limit. */
export interface Held {
  readonly pricedAs: PricedAs;
  /** Null where the model has no price to hold by. */
  readonly reserved: PicoUsd | null;
  readonly holds: readonly Hold[];
}

/** Rates are held by an estimate, as the model's own service does: four bytes a token. */
const BYTES_PER_TOKEN = 4;

/** @throws CallRefused 403 for a model without a price where a budget is strict. */
export function heldFor(holding: Holding): Held {
  const { prices, rules, names, call, admittedMs } = holding;
  const { model, scope, region } = names;
  const standard = { model, scope, region, mode: 'on_demand', context: 'base' } as const;
  const plain: PricedAs = { ...standard, tier: 'standard', latency_class: 'standard' };
  const asked: PricedAs = { ...standard, ...servedAs(call) };
  const ways = asked.tier === plain.tier && asked.latency_class === plain.latency_class;
  const bound = {
    ...{ input: inputTokenBound(call), output: call.maxTokens ?? 0 },
    other: call.kind === 'invoke' ? call.other : {},
    guardrail: guardrailBound(call),
  };
  const reserved = worstCase(prices, ways ? [plain] : [plain, asked], {
    ...{ bound, atMs: admittedMs },
  });
  if (reserved === null && rules.budgets.some(({ mode }) => mode === 'strict')) {
    const message = 'it has no price, and a strict budget cannot hold what has none';
    throw new CallRefused({ status: 403, code: 'model_unpriced', field: 'model', message });
  }
  const tokens = Math.ceil(bound.input / BYTES_PER_TOKEN) + bound.output;
  return { pricedAs: plain, reserved, holds: holdsOf(holding, reserved, tokens) };
}

/** How a call asks to be served; the answer says how it was. */
function servedAs(call: ModelCall): { tier: Tier; latency_class: LatencyClass } {
  const [tier, latency] =
    call.kind === 'converse'
      ? [call.request.serviceTier?.type, call.request.performanceConfig?.latency]
      : [call.headers[SERVED_HEADERS.tier], call.headers[SERVED_HEADERS.latency]];
  return {
    tier: TIERS.find((each) => each === tier) ?? 'standard',
    latency_class: LATENCY_CLASSES.find((each) => each === latency) ?? 'standard',
  };
}

function holdsOf(holding: Holding, reserved: PicoUsd | null, tokens: number): readonly Hold[] {
  const { rules, names, admittedMs: atMs, principal } = holding;
  const { tenant } = principal;
  const { limits, perModel } = rules.policy;
  const budgets = rules.budgets.map(({ period, limit, mode, zone }) => ({
    counter: budgetCounter(tenant, period, periodAt(atMs, period, zone)),
    amount: reserved ?? 0n,
    ceiling: mode === 'strict' ? limit : null,
  }));
  const ofModel = saidOf(perModel, names.model);
  return [
    ...budgets,
    ...rateHolds(limits, (kind) => minuteCounter(tenant, kind, { atMs }), tokens),
    ...(ofModel
      ? rateHolds(
          ofModel,
          (kind) => minuteCounter(tenant, kind, { atMs, model: names.model }),
          tokens,
        )
      : []),
    ...(limits.concurrent === null
      ? []
      : [{ counter: runningCounter(tenant), amount: 1n, ceiling: BigInt(limits.concurrent) }]),
  ];
}

function rateHolds(
  { requestsPerMinute, tokensPerMinute }: RateLimits,
  counterOf: (kind: 'requests' | 'tokens') => string,
  tokens: number,
): readonly Hold[] {
  const hold = (kind: 'requests' | 'tokens', amount: number, ceiling: number | null) =>
    ceiling === null
      ? []
      : [{ counter: counterOf(kind), amount: BigInt(amount), ceiling: BigInt(ceiling) }];
  return [...hold('requests', 1, requestsPerMinute), ...hold('tokens', tokens, tokensPerMinute)];
}
