import type { Budget } from '../../domain/budget.ts';
import { mayAnswerInText } from '../../domain/dialects/invoke-body.ts';
import type { ListedModel } from '../../domain/dialects/openai-models.ts';
import { parseInstant } from '../../domain/instant.ts';
import { refusalByStatus } from '../../domain/model-registry.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { refusalOfModel } from '../../domain/policy.ts';
import type { Policy } from '../../domain/policy.ts';
import { isSageMaker } from '../../domain/sagemaker/endpoint.ts';
import type { Scope } from '../../domain/usage-event.ts';
import { parseModelId } from '../../pricing/model-id.ts';
import type { PriceEntry } from '../../pricing/price-entry.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import type { Principal } from '../edge/authenticate.ts';
import type { Clock } from '../ports.ts';
import type { ModelRegistry } from './model-documents.ts';
import type { ResolveModel } from './resolve-model.ts';

export interface ListModelsPorts {
  readonly prices: () => Promise<Pick<PriceIndex, 'entries'>>;
  readonly registered: Pick<ModelRegistry, 'all'>;
  /** See `AdmitPorts`. */
  readonly resolveModel?: ResolveModel;
  /** Region that is called. */
  readonly region: string;
  readonly clock: Pick<Clock, 'now'>;
  /** The rules that hold for a tenant now. */
  readonly rules: (tenant: string) => Promise<{
    readonly policy: Policy;
    readonly budgets: readonly Pick<Budget, 'mode'>[];
  }>;
}

/** Which models a caller may call now. */
export type ModelsFor = (principal: Principal) => Promise<readonly ListedModel[]>;

/** A model that could be called, if the caller may. */
interface Offered extends ListedModel {
  /** Foundation model id, as prices and policies know it. */
  readonly model: string;
  /** Who has onboarded it; undefined for a model that is only sold. */
  readonly onboarded: RegisteredModel | undefined;
  readonly priced: boolean;
}

/** Sells no model of its own. */
const NO_PROVIDER = 'bedrock.';

/**
 * Lists the ids that a plain call is priced under now, by an operator's price or a published one, and
 * those that admins have onboarded; of these, the ones that the caller may call: those that answer in
 * text first, each half in the order of its letters.
 */
export function createModelsFor(ports: ListModelsPorts): ModelsFor {
  const { prices, region, clock, rules, registered } = ports;
  return async function modelsFor({ tenant }) {
    const [{ policy, budgets }, { entries }, onboarded] = await Promise.all([
      ...([rules(tenant), prices(), registered.all()] as const),
    ]);
    const nowMs = clock.now();
    const sold = soldAt(
      entries.filter((entry) => entry.region === region && isPlain(entry)),
      nowMs,
    );
    const own = await Promise.all(onboarded.map((model) => offeredAs(ports, model, sold)));
    const byId = new Map(onboarded.map((model) => [model.id, model]));
    const others = [...sold.values()].filter(({ id }) => !byId.has(id) && isCallable(id));
    const strict = budgets.some(({ mode }) => mode === 'strict');
    return [...own, ...others.map((one) => ({ ...one, onboarded: byId.get(one.model) }))]
      .filter((one) => mayCall(one, policy, nowMs) && (one.priced || !strict))
      .sort(byTextThenId)
      .map(({ id, provider, text, sinceMs }) => ({ id, provider, text, sinceMs }));
  };
}

/** As admission decides it: `admit-call.ts`. */
function mayCall({ id, model, onboarded }: Offered, policy: Policy, nowMs: number): boolean {
  const onSageMaker = onboarded?.kind === 'sagemaker';
  return (
    !(onSageMaker && policy.guardrail) &&
    (!onboarded || refusalByStatus(onboarded, policy.models) === undefined) &&
    refusalOfModel(policy, { requested: id, model }, nowMs) === undefined
  );
}

/** Sold on demand, without anything extra asked for. */
function isPlain(entry: PriceEntry): boolean {
  const { mode, tier, latency_class: latencyClass, context, model } = entry;
  const extras = [tier, latencyClass, context].join();
  const plain = mode === 'on_demand' && extras === 'standard,standard,base';
  return plain && !model.startsWith(NO_PROVIDER);
}

/** A price may stand under a name that only the registry knows, and no model's service. */
function isCallable(id: string): boolean {
  return parseModelId(id).kind !== 'unknown' && !isSageMaker(id);
}

/** Models by the id they are called under. */
function soldAt(entries: readonly PriceEntry[], nowMs: number): ReadonlyMap<string, Offered> {
  const models = new Map<string, Offered>();
  for (const { model, scope, meter, effective_from: from, effective_to: to } of entries) {
    const sinceMs = from === null ? 0 : parseInstant(from);
    if (sinceMs > nowMs || (to !== null && parseInstant(to) <= nowMs)) continue;
    const id = profileOf(model, scope);
    const before = models.get(id);
    models.set(id, {
      ...{ id, model, provider: model.split('.', 1)[0] ?? model, onboarded: undefined },
      ...{ text: meter === 'output' || before?.text === true, priced: true },
      sinceMs: Math.min(sinceMs, before?.sinceMs ?? sinceMs),
    });
  }
  return models;
}

/** A price of the global scope is that of the global profile alone; a geographic one's is the regional. */
function profileOf(model: string, scope: Scope): string {
  return scope === 'global' ? `global.${model}` : model;
}

async function offeredAs(
  { resolveModel }: ListModelsPorts,
  onboarded: RegisteredModel,
  sold: ReadonlyMap<string, Offered>,
): Promise<Offered> {
  const { id, upstream, owner } = onboarded;
  const pricedAs = onboarded.pricedAs ?? upstream ?? id;
  const { model, scope } = resolveModel ? await resolveModel(pricedAs) : parseModelId(pricedAs);
  const price = sold.get(profileOf(model ?? pricedAs, scope));
  return {
    ...{ id, model: model ?? pricedAs, provider: owner, onboarded },
    ...{ text: price?.text ?? mayAnswerInText(model ?? pricedAs), priced: price !== undefined },
    sinceMs: price?.sinceMs ?? 0,
  };
}

function byTextThenId(a: ListedModel, b: ListedModel): number {
  if (a.text !== b.text) return a.text ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
