import type { ListedModel } from '../../domain/dialects/openai-models.ts';
import { parseInstant } from '../../domain/instant.ts';
import { refusalOfModel } from '../../domain/policy.ts';
import type { Policy } from '../../domain/policy.ts';
import type { PriceEntry } from '../../pricing/price-entry.ts';
import type { PriceIndex } from '../../pricing/price-index.ts';
import type { Principal } from '../edge/authenticate.ts';
import type { Clock } from '../ports.ts';

export interface ListModelsPorts {
  readonly prices: () => Promise<Pick<PriceIndex, 'book'>>;
  /** Region that is called. */
  readonly region: string;
  readonly clock: Pick<Clock, 'now'>;
  /** The rules that hold for a tenant now. */
  readonly rules: (tenant: string) => Promise<{ readonly policy: Policy }>;
}

/** Which models a caller may call now. */
export type ModelsFor = (principal: Principal) => Promise<readonly ListedModel[]>;

/** Sells no model of its own. */
const NO_PROVIDER = 'bedrock.';

/**
 * Lists the ids that a plain call is priced under now and that the caller's policy allows: those that
 * answer in text first, each half in the order of its letters.
 */
export function createModelsFor({ prices, region, clock, rules }: ListModelsPorts): ModelsFor {
  return async function modelsFor({ tenant }) {
    const [{ policy }, { book }] = await Promise.all([rules(tenant), prices()]);
    const sold = book.entries.filter((entry) => entry.region === region && isPlain(entry));
    const nowMs = clock.now();
    return modelsAt(sold, nowMs).flatMap(({ model, ...listed }) => {
      const ids = { requested: listed.id, model };
      return refusalOfModel(policy, ids, nowMs) === undefined ? [listed] : [];
    });
  };
}

/** Sold on demand, without anything extra asked for. */
function isPlain(entry: PriceEntry): boolean {
  const { mode, tier, latency_class: latencyClass, context, model } = entry;
  const extras = [tier, latencyClass, context].join();
  const plain = mode === 'on_demand' && extras === 'standard,standard,base';
  return plain && !model.startsWith(NO_PROVIDER);
}

interface SoldModel extends ListedModel {
  /** Foundation model id, as prices and policies know it. */
  readonly model: string;
}

function modelsAt(entries: readonly PriceEntry[], nowMs: number): SoldModel[] {
  const models = new Map<string, SoldModel>();
  for (const { model, scope, meter, effective_from: from, effective_to: to } of entries) {
    const sinceMs = from === null ? 0 : parseInstant(from);
    if (sinceMs > nowMs || (to !== null && parseInstant(to) <= nowMs)) continue;
    // A price of the global scope is that of the global profile alone.
    const id = scope === 'global' ? `global.${model}` : model;
    const text = meter === 'output' || models.get(id)?.text === true;
    models.set(id, { id, model, provider: model.slice(0, model.indexOf('.')), text, sinceMs });
  }
  return [...models.values()].sort(byTextThenId);
}

function byTextThenId(a: SoldModel, b: SoldModel): number {
  if (a.text !== b.text) return a.text ? -1 : 1;
  return a.id < b.id ? -1 : 1;
}
