import { withOutputCap } from '../../domain/dialects/invoke-body.ts';
import { BadRequest } from '../../domain/dialects/problem.ts';
import { EVENT_ID_RANDOM_BYTES, mintEventId } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import { GUARDRAIL_HEADERS, withGuardrailTrace } from '../../domain/guardrail-units.ts';
import type { ModelCall } from '../../domain/model-call.ts';
import { refusalByStatus } from '../../domain/model-registry.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { refusalOfModel, saidOf } from '../../domain/policy.ts';
import type { Policy } from '../../domain/policy.ts';
import { isSageMaker } from '../../domain/sagemaker/endpoint.ts';
import { canStandIn } from '../../domain/stand-in.ts';
import type { PricedAs } from '../../domain/usage-event.ts';
import { TEXT_LIMITS } from '../../domain/usage-line.ts';
import { parseModelId } from '../../pricing/model-id.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import type { CurrentPrices } from '../prices/current-prices.ts';
import { refuseUnfitForEndpoint, refuseUnregistered } from './admit-endpoint.ts';
import type { Principal } from '../edge/authenticate.ts';
import { CallRefused } from './call-errors.ts';
import { heldFor } from './hold-for.ts';
import type { Held } from './hold-for.ts';
import type { Clock, Random } from '../ports.ts';
import type { ResolveModel } from './resolve-model.ts';
import type { ModelRegistry } from './model-documents.ts';
import type { RulesOf, TenantRules } from './tenant-rules.ts';

export interface AdmitPorts {
  readonly clock: Pick<Clock, 'now'>;
  readonly random: Random;
  readonly prices: CurrentPrices;
  readonly rules: RulesOf;
  readonly registered: Pick<ModelRegistry, 'find'>;
  /** Region that is called: prices are those of the source Region. */
  readonly region: string;
  /** Without it, application inference profiles stay hidden and their calls unpriced. */
  readonly resolveModel?: ResolveModel;
}

/** One try of one model: what is called, how it is priced, and what is held for it. */
export interface Attempt extends Held {
  readonly id: EventId;
  /** From 1. */
  readonly attempt: number;
  readonly principal: Principal;
  /** What the caller wrote, or the policy in its place. */
  readonly modelRequested: string;
  /** The call with the output cap, and the id that is called upstream. */
  readonly call: ModelCall;
  readonly admittedMs: number;
}

/** Tokens that may be generated where neither caller nor policy says. */
export const OUTPUT_TOKENS_DEFAULT = 4096;
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
  const asking = { ports, principal, call, rules, prices, admittedMs };
  const first = await planOf(asking, call.modelRequested);
  const fallbacks = saidOf(rules.policy.fallbacks, first.pricedAs.model) ?? [];
  const others = await Promise.all(
    fallbacks.map((model) => standInOf(asking, first.pricedAs.model, model)),
  );
  return [first, ...others]
    .flatMap((plan) => (plan ? Array.from({ length: rules.policy.attempts }, () => plan) : []))
    .map((plan, index) => ({ id, attempt: index + 1, ...plan }));
}

interface Asking {
  readonly ports: AdmitPorts;
  readonly principal: Principal;
  readonly call: ModelCall;
  readonly rules: TenantRules;
  readonly prices: PriceIndex;
  readonly admittedMs: number;
}

/** An attempt but for what numbers it. */
type Plan = Omit<Attempt, 'id' | 'attempt'>;

/** What a call of one model comes to. @throws CallRefused or BadRequest where it may not be called. */
async function planOf(asking: Asking, modelRequested: string): Promise<Plan> {
  const { ports, principal, call, rules, admittedMs } = asking;
  const names = await namesOf(ports, modelRequested, rules);
  refuseByPolicy(rules, { requested: modelRequested, model: names.model }, admittedMs);
  refuseUnfitForEndpoint(names.upstream, call, rules.policy);
  const capped = cappedCall({ ...call, modelRequested: names.upstream }, rules);
  const called = { modelRequested, principal, call: capped, admittedMs };
  return { ...called, ...heldFor({ ...asking, names, call: capped }) };
}

/**
 * What a fallback comes to; undefined for one that this call cannot be given to. That is no reason to
 * refuse what the first can be told.
 */
async function standInOf(asking: Asking, first: string, model: string): Promise<Plan | undefined> {
  try {
    const plan = await planOf(asking, model);
    // What a container of one's own is told was checked just now; its id says nothing of it.
    const able = isSageMaker(plan.call.modelRequested)
      ? asking.call.kind === 'converse'
      : canStandIn(asking.call, first, plan.pricedAs.model);
    return able ? plan : undefined;
  } catch (error) {
    if (error instanceof CallRefused || error instanceof BadRequest) return undefined;
    throw error;
  }
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
  const onboarded = await registered.find(requested);
  if (onboarded) refuseByStatus(onboarded, policy.models);
  const upstream = onboarded?.upstream ?? requested;
  refuseUnregistered(upstream, onboarded);
  const pricedAs = onboarded?.pricedAs ?? upstream;
  const id = resolveModel ? await resolveModel(pricedAs) : parseModelId(pricedAs);
  const { model, scope, region = home } = id;
  // What an admin says of a model holds under every profile of it.
  const base = onboarded || model === null ? undefined : await registered.find(model);
  if (base) refuseByStatus(base, policy.models);
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
