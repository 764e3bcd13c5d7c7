import { MODEL_ALIASES, USAGE_WORDS } from './model-aliases.ts';
import { EDITION, rowName } from './price-row.ts';
import type { Offer, PriceRow } from './price-row.ts';
import { GEO_PREFIXES } from './providers.ts';
import type { Rate } from './rate.ts';

/** Guardrails are sold without a model; their rows are kept under this name. */
export const GUARDRAILS = 'bedrock.guardrails';

/** The model ids a row prices (all ids of one model), or why there are none. */
export type ModelReading =
  | { readonly kind: 'models'; readonly ids: readonly string[] }
  | { readonly kind: 'fault'; readonly reason: string; readonly detail: string };

const NOT_IN_TABLE = 'model not in the alias table';
const CONTRADICTS = 'attribute contradicts the usage type';
const LATENCY_OPTIMIZED = ' Latency Optimized';
const OFFER_LETTERS = {
  AmazonBedrock: 'B',
  AmazonBedrockFoundationModels: 'M',
  AmazonBedrockService: 'S',
} as const satisfies Record<Offer, string>;

const idsOfName = new Map<string, string[]>();
const namesOfId = new Map<string, string[]>();
const knownNames = new Set<string>();
for (const [id, offers, name] of MODEL_ALIASES) {
  knownNames.add(name);
  if (id === null) continue;
  namesOfId.set(id, [...(namesOfId.get(id) ?? []), name]);
  for (const letter of offers) {
    const key = `${letter} ${name}`;
    idsOfName.set(key, [...(idsOfName.get(key) ?? []), id].sort());
  }
}
const nameOfWords = new Map(USAGE_WORDS);

/** Says which model a row is about. Exact equality throughout: a near name is another model. */
export function modelOf(row: PriceRow, rate: Rate): ModelReading {
  const reading = namedModel(row, rate);
  const other = reading.kind === 'fault' ? null : otherModel(row, reading.ids);
  return other === null ? reading : { kind: 'fault', reason: CONTRADICTS, detail: other };
}

/**
 * What names another model than these ids, in whatever attribute. A name that the table lacks says
 * nothing, nor does any name beside a mantle id that it lacks: that id may be a further one of the model.
 */
function otherModel({ attributes }: PriceRow, ids: readonly string[]): string | null {
  const own = ids.flatMap((id) => namesOfId.get(id) ?? []);
  const { model, titanModel, modelId } = attributes;
  for (const name of [model, titanModel]) {
    if (name !== undefined && own.length > 0 && knownNames.has(name) && !own.includes(name)) {
      return `named ${name}, priced as ${ids.join(', ')}`;
    }
  }
  // Never met so far: it would be the offer's own word for what the names stand for.
  if (modelId === undefined || ids.includes(modelId)) return null;
  return `modelId ${modelId}, priced as ${ids.join(', ')}`;
}

function namedModel(row: PriceRow, rate: Rate): ModelReading {
  if (rate.meter.startsWith('guardrail_')) return { kind: 'models', ids: [GUARDRAILS] };
  if (rate.naming === 'mantle') return mantleModel(rate.subject ?? '');
  return rate.subject === null ? marketplaceModel(row) : classicModel(row, rate);
}

/** All ids of the model that has this id: one model may have several. */
export function idsOfModel(id: string): readonly string[] {
  const names = namesOfId.get(id) ?? [];
  const ids = names.flatMap((name) =>
    Object.values(OFFER_LETTERS).flatMap((letter) => idsOfName.get(`${letter} ${name}`) ?? []),
  );
  return [...new Set([id, ...ids])].sort();
}

/** The names the offers sell a model under, as rows spell them. */
export function namesOfModel(id: string): readonly string[] {
  const names = namesOfId.get(id) ?? [];
  return [id, ...names, ...names.map((name) => `${name}${EDITION}`)];
}

/** Do two names, ids among them, stand for different models? Not if the table lacks one of them. */
export function differInModel(one: string, other: string): boolean {
  const [ids, others] = [one, other].map(idsNamed);
  if (!ids?.length || !others?.length) return false;
  return !ids.some((id) => others.includes(id));
}

function idsNamed(text: string): readonly string[] {
  const name = text.endsWith(EDITION) ? text.slice(0, -EDITION.length) : text;
  if (namesOfId.has(name)) return idsOfModel(name);
  return Object.values(OFFER_LETTERS).flatMap((letter) => idsOfName.get(`${letter} ${name}`) ?? []);
}

function marketplaceModel(row: PriceRow): ModelReading {
  const { servicename = '' } = row.attributes;
  if (!servicename.endsWith(EDITION)) {
    const detail = `servicename: got ${servicename || 'none'}, expected one ending in${EDITION}`;
    return { kind: 'fault', reason: 'model not named', detail };
  }
  return byName(row.offer, servicename.slice(0, -EDITION.length));
}

function classicModel(row: PriceRow, rate: Rate): ModelReading {
  const words = rate.subject ?? '';
  const displayed = rowName(row.attributes);
  if (displayed === null) return byWords(row.offer, words);
  // Titan's display names are spelt in several ways, its usage words in one (facts, section 3).
  if (row.attributes['titanModel'] === displayed && bare(words) === bare(displayed)) {
    const named = byWords(row.offer, words);
    if (named.kind === 'models') return named;
  }
  const fast = displayed.endsWith(LATENCY_OPTIMIZED);
  if (fast && rate.latency_class !== 'optimized') {
    return { kind: 'fault', reason: CONTRADICTS, detail: `model ${displayed}` };
  }
  const name = fast ? displayed.slice(0, -LATENCY_OPTIMIZED.length) : displayed;
  // Unknown names are not compared: the reason that helps is that the table lacks them.
  if (knownNames.has(name) && bare(words) !== bare(name) && nameOfWords.get(words) !== name) {
    return { kind: 'fault', reason: CONTRADICTS, detail: `model ${displayed}, usage of ${words}` };
  }
  return byName(row.offer, name);
}

/** Some rows name their model in the usage type alone; the words must equal an alias as they stand. */
function byWords(offer: Offer, words: string): ModelReading {
  return byName(offer, nameOfWords.get(words) ?? words);
}

/**
 * The id is in the usage type, so it needs no table (facts/bedrock-prices.md, section 12): not even its
 * provider must be known. A display name beside it drifts; it is compared all the same.
 */
function mantleModel(id: string): ModelReading {
  const provider = id.slice(0, id.indexOf('.'));
  if (provider === 'global' || GEO_PREFIXES.has(provider)) {
    return { kind: 'fault', reason: NOT_IN_TABLE, detail: `${id} is a profile, expected a model` };
  }
  return { kind: 'models', ids: idsOfModel(id) };
}

function byName(offer: Offer, name: string): ModelReading {
  const ids = idsOfName.get(`${OFFER_LETTERS[offer]} ${name}`);
  if (ids) return { kind: 'models', ids };
  const detail = knownNames.has(name) ? `no id of ${name} is sold by ${offer}` : `got ${name}`;
  return { kind: 'fault', reason: NOT_IN_TABLE, detail };
}

/** Without separators: confirms that words and name are spellings of one another. */
function bare(text: string): string {
  return text.replace(/[ .-]/g, '');
}
