import { budgetCounter, minuteCounter, runningCounter } from '../../domain/limits.ts';
import type { Hold } from '../../domain/limits.ts';
import { periodAt } from '../../domain/budget.ts';
import { SERVED_HEADERS } from '../../domain/dialects/bedrock-invoke.ts';
import { withOutputCap } from '../../domain/dialects/invoke-body.ts';
import { EVENT_ID_RANDOM_BYTES, mintEventId } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import {
  GUARDRAIL_HEADERS,
  guardrailBound,
  withGuardrailTrace,
} from '../../domain/guardrail-units.ts';
import type { ModelCall } from '../../domain/model-call.ts';
import type { PicoUsd } from '../../domain/money.ts';
import { refusalByStatus } from '../../domain/model-registry.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { refusalOfModel } from '../../domain/policy.ts';
import type { Policy, RateLimits } from '../../domain/policy.ts';
import { inputTokenBound } from '../../domain/token-bounds.ts';
import { LATENCY_CLASSES, TIERS } from '../../domain/usage-event.ts';
import type { LatencyClass, PricedAs, Tier } from '../../domain/usage-event.ts';
import { TEXT_LIMITS } from '../../domain/usage-line.ts';
import { parseModelId } from '../../pricing/model-id.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import type { CurrentPrices } from '../prices/current-prices.ts';
import { worstCase } from '../../pricing/worst-case.ts';
import { fitsEndpoint, refuseUnfitForEndpoint, refuseUnregistered } from './admit-endpoint.ts';
import type { Principal } from '../edge/authenticate.ts';
import { CallRefused } from './call-errors.ts';
import type { Clock, Random } from '../ports.ts';
import type { ResolveModel } from './resolve-model.ts';
import type { RegisteredOf } from './model-documents.ts';
import type { RulesOf, TenantRules } from './tenant-rules.ts';

export interface AdmitPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly prices: CurrentPrices;
  readonly rules: RulesOf;
  readonly registered: RegisteredOf;
  /** Region that is called: prices are those of the source Region. */
  readonly region: string;
  /** Without it, application inference profiles stay hidden and their calls unpriced. */
  readonly resolveModel?: ResolveModel;
}

/** One try of one model: what is called, how it is priced, and what is held for it. */
export interface Attempt {
  readonly id: EventId;
  /** From 1. */
  readonly attempt: number;
  readonly principal: Principal;
  /** What the caller wrote, or the policy in its place. */
  readonly modelRequested: string;
  /** The call with the output cap, and the id that is called upstream. */
  readonly call: ModelCall;
  readonly admittedMs: number;
  readonly pricedAs: PricedAs;
  /** Most the attempt can cost; null where the model has no price to hold by. */
  readonly reserved: PicoUsd | null;
  readonly holds: readonly Hold[];
}

/** Tokens that may be generated where neither caller nor policy says. */
export const OUTPUT_TOKENS_DEFAULT = 4096;
/** Rates are held by an estimate, as the model's own service does: four bytes a token. */
const BYTES_PER_TOKEN = 4;
const MODEL_REQUESTED = /^[A-Za-z0-9][A-Za-z0-9._:/-]*$/;

/**
 * Says how a call is tried: each model of its plan as often as the policy allows. All attempts share
 * one id. @throws CallRefused where nothing may be called; nothing was reserved then.
 */
export async function admitCall(
  ports: AdmitPorts,
  principal: Principal,
  call: ModelCall,
): Promise<readonly Attempt[]> {
  const [rules, prices] = await Promise.all([ports.rules(principal.tenant), ports.prices()]);
  const admittedMs = ports.clock.now();
  const id = mintEventId(admittedMs, ports.random.bytes(EVENT_ID_RANDOM_BYTES));
  const first = await namesOf(ports, call.modelRequested, rules);
  // A body in one model's own format is nonsense to another.
  const others = call.kind === 'invoke' ? [] : (rules.policy.fallbacks[first.model] ?? []);
  const rest = others.map(async (model) => [model, await namesOf(ports, model, rules)] as const);
  const named = [[call.modelRequested, first] as const, ...(await Promise.all(rest))].flatMap(
    (model) => Array.from({ length: rules.policy.attempts }, () => model),
  );
  // What a fallback would not be told is no reason to refuse what the first can be told.
  const able = named.filter(
    ([model, { upstream }]) =>
      model === call.modelRequested || fitsEndpoint(upstream, call, rules.policy),
  );
  return able.map(([modelRequested, names], index) => {
    refuseByPolicy(rules, { requested: modelRequested, model: names.model }, admittedMs);
    refuseUnfitForEndpoint(names.upstream, call, rules.policy);
    const capped = cappedCall({ ...call, modelRequested: names.upstream }, rules);
    const called = { modelRequested, principal, call: capped, admittedMs };
    const attempt = { id, attempt: index + 1, ...called };
    return {
      ...attempt,
      ...heldFor({ prices, rules, names, call: capped, admittedMs, principal }),
    };
  });
}

/** What an id stands for: where it is called, and what it is priced as. */
type Names = Pick<PricedAs, 'model' | 'scope' | 'region'> & { readonly upstream: string };

async function namesOf(
  { region: home, resolveModel, registered }: AdmitPorts,
  requested: string,
  { policy }: TenantRules,
): Promise<Names> {
  const limit = TEXT_LIMITS.model_requested;
  if (requested.length > limit || !MODEL_REQUESTED.test(requested)) {
    throw new CallRefused({
      ...{ status: 400, code: null, field: 'model' },
      message: `expected an id of at most ${limit} letters, digits and . _ : / -`,
    });
  }
  const onboarded = await registered(requested);
  if (onboarded) refuseByStatus(onboarded, policy.models);
  const upstream = onboarded?.upstream ?? requested;
  refuseUnregistered(upstream, onboarded);
  const pricedAs = onboarded?.pricedAs ?? upstream;
  const id = resolveModel ? await resolveModel(pricedAs) : parseModelId(pricedAs);
  const { model, scope, region = home } = id;
  if (region.length > TEXT_LIMITS.region) {
    const message = 'its Region is not one';
    throw new CallRefused({ status: 400, code: null, field: 'model', message });
  }
  return { model: (model ?? pricedAs).slice(0, TEXT_LIMITS.model), scope, region, upstream };
}

function refuseByStatus(onboarded: RegisteredModel, allowed: readonly string[] | null): void {
  const refusal = refusalByStatus(onboarded, allowed);
  if (refusal === undefined) return;
  const message =
    refusal === 'retired'
      ? 'it is retired; GET /v1/models lists what may be called'
      : 'it is in preview, for tenants whose policy names it';
  throw new CallRefused({ status: 403, code: `model_${refusal}`, field: 'model', message });
}

function refuseByPolicy(
  { policy }: TenantRules,
  ids: { readonly requested: string; readonly model: string },
  atMs: number,
): void {
  const refusal = refusalOfModel(policy, ids, atMs);
  if (refusal === undefined) return;
  const message =
    refusal === 'not_allowed'
      ? 'this tenant may not call it; GET /v1/models lists what it may'
      : 'its end of life has come; GET /v1/models lists what may be called';
  const code = refusal === 'not_allowed' ? 'model_not_allowed' : 'model_end_of_life';
  throw new CallRefused({ status: 403, code, field: 'model', message });
}

function cappedCall<Call extends ModelCall>(call: Call, { policy }: TenantRules): Call {
  const most = policy.outputTokensMax;
  const guardedCall = { ...call, ...(policy.guardrail && guardedBy(policy.guardrail, call)) };
  const guarded = withGuardrailTrace(guardedCall);
  if (call.kind === 'invoke' && call.maxTokens === null) return guarded;
  const asked = call.maxTokens ?? OUTPUT_TOKENS_DEFAULT;
  return withOutputCap(guarded, most === null ? asked : Math.min(asked, most));
}

/** A raw body is guarded as well, where its model generates text: no route goes around a guardrail. */
function guardedBy({ id, version }: NonNullable<Policy['guardrail']>, call: ModelCall) {
  if (call.kind === 'converse') {
    const config = { guardrailIdentifier: id, guardrailVersion: version };
    return { request: { ...call.request, guardrailConfig: config } };
  }
  if (call.maxTokens === null) return {};
  const names = { [GUARDRAIL_HEADERS.id]: id, [GUARDRAIL_HEADERS.version]: version };
  return { headers: { ...call.headers, ...names } };
}

interface Holding {
  readonly prices: PriceIndex;
  readonly rules: TenantRules;
  readonly names: Names;
  readonly call: ModelCall;
  readonly admittedMs: number;
  readonly principal: Principal;
}

function heldFor(holding: Holding): Pick<Attempt, 'pricedAs' | 'reserved' | 'holds'> {
  const { prices, rules, names, call, admittedMs } = holding;
  const standard = { ...names, mode: 'on_demand', context: 'base' } as const;
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
  const ofModel = perModel[names.model];
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
