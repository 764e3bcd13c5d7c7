import { openAiModels } from '../domain/dialects/openai-models.ts';
import type { ListedModel } from '../domain/dialects/openai-models.ts';
import { parseInstant } from '../domain/instant.ts';
import type { PriceEntry } from '../pricing/price-entry.ts';
import type { PriceIndex } from '../pricing/price-index.ts';
import type { ApiHandler } from './api-exchange.ts';
import type { Clock } from './ports.ts';

interface ListModelsPorts {
  readonly prices: Pick<PriceIndex, 'book'>;
  /** Region that is called. */
  readonly region: string;
  readonly clock: Pick<Clock, 'now'>;
}

/** `GET /v1/models`: the ids that a plain call is priced under now, in the order of their letters. */
export function createListModels({ prices, region, clock }: ListModelsPorts): ApiHandler {
  const sold = prices.book.entries.filter((entry) => entry.region === region && isPlain(entry));
  return (_request, response) => {
    response.json(200, openAiModels(modelsAt(sold, clock.now())));
    return Promise.resolve({ settled: Promise.resolve() });
  };
}

/** Generates text on demand, without anything extra asked for. */
function isPlain(entry: PriceEntry): boolean {
  const { meter, mode, tier, latency_class: latencyClass, context } = entry;
  const extras = [tier, latencyClass, context].join();
  return meter === 'output' && mode === 'on_demand' && extras === 'standard,standard,base';
}

function modelsAt(entries: readonly PriceEntry[], nowMs: number): ListedModel[] {
  const models = new Map<string, ListedModel>();
  for (const { model, scope, effective_from: from, effective_to: to } of entries) {
    const sinceMs = from === null ? 0 : parseInstant(from);
    if (sinceMs > nowMs || (to !== null && parseInstant(to) <= nowMs)) continue;
    // A price of the global scope is that of the global profile alone.
    const id = scope === 'global' ? `global.${model}` : model;
    models.set(id, { id, provider: model.slice(0, model.indexOf('.')), sinceMs });
  }
  return [...models.values()].sort((a, b) => (a.id < b.id ? -1 : 1));
}
