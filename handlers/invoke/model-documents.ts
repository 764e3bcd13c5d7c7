import { MODEL_KINDS, MODEL_STATUSES } from '../../domain/model-registry.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { isSageMaker, parseSageMakerId } from '../../domain/sagemaker/endpoint.ts';
import type { Clock, Records } from '../ports.ts';
import { DocumentError, exactly, oneOf, orNull, text, textLike } from './document-form.ts';
import { withDefault } from './document-form.ts';
import type { FormOf } from './document-form.ts';

/** Kind of the documents of registered models; their id is the model's. */
export const MODEL_KIND = 'model';

/** As admission takes ids: a call that names its model otherwise is refused. */
export const MODEL_ID = /^[A-Za-z0-9][A-Za-z0-9._:/-]{0,255}$/;

const modelId = textLike(MODEL_ID, 'an id of letters, digits and . _ : / -');
const words = text(1, 200);

/** A registered model as admins write it. */
export const ModelDocument = exactly({
  kind: withDefault(oneOf(MODEL_KINDS), 'bedrock'),
  upstream: withDefault(orNull(modelId), null),
  priced_as: withDefault(orNull(modelId), null),
  version: withDefault(words, '1'),
  lineage: withDefault(orNull(modelId), null),
  owner: words,
  price_source: withDefault(words, 'published offers'),
  status: withDefault(oneOf(MODEL_STATUSES), 'preview'),
});

/** Reads a registered model. @throws DocumentError */
export function parseModel(id: string, value: unknown): RegisteredModel {
  modelId.read(id, 'model');
  const document = ModelDocument.read(value, 'model');
  const { priced_as: pricedAs, price_source: priceSource, ...same } = document;
  return { id, ...same, upstream: upstreamOf(id, document), pricedAs, priceSource };
}

/** An endpoint may be named by its name alone; it is known by its whole id from then on. */
function upstreamOf(id: string, { kind, upstream }: FormOf<typeof ModelDocument>) {
  const called = upstream ?? id;
  if (kind !== 'sagemaker') {
    if (!isSageMaker(called)) return upstream;
    throw new DocumentError('model: kind: expected sagemaker for an id of SageMaker');
  }
  const whole = isSageMaker(called) ? called : `sagemaker/${called}`;
  if (parseSageMakerId(whole)) return whole;
  throw new DocumentError(
    'model: upstream: expected ENDPOINT[/COMPONENT][:messages|:inputs], by its name or its ARN',
  );
}

/** The document of a registered model: what `parseModel` reads. */
export function modelDocument(model: RegisteredModel) {
  const { kind, upstream, pricedAs, version, lineage, owner, priceSource, status } = model;
  return {
    ...{ kind, upstream, priced_as: pricedAs, version, lineage, owner },
    ...{ price_source: priceSource, status },
  };
}

/** What admins have onboarded, as it was at most a few seconds ago. */
export interface ModelRegistry {
  find(id: string): Promise<RegisteredModel | undefined>;
  /** By id. */
  all(): Promise<readonly RegisteredModel[]>;
}

/** A change of the registry holds for every call that is admitted this much later. */
const AGE_MAX_MS = 5_000;
/** Ids that are remembered; more than this many at once are somebody's guesses. */
const REMEMBERED_MAX = 1_000;

interface RegistryPorts {
  readonly records: Pick<Records, 'find' | 'list'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** Reads the registry, and remembers what it said, also of ids that are not in it. */
export function createModelRegistry({ records, clock }: RegistryPorts): ModelRegistry {
  const one = remembered(clock, async (id) => {
    const json = await records.find(MODEL_KIND, id);
    return json === undefined ? undefined : parseModel(id, JSON.parse(json));
  });
  const every = remembered(clock, async () =>
    (await records.list(MODEL_KIND)).map(({ id, json }) => parseModel(id, JSON.parse(json))),
  );
  return { find: one, all: () => every('') };
}

/** Asks once in a while for each id; what failed is asked for again. */
function remembered<T>({ now }: Pick<Clock, 'now'>, ask: (id: string) => Promise<T>) {
  const known = new Map<string, { readonly answer: Promise<T>; readonly untilMs: number }>();
  return function answerOf(id: string): Promise<T> {
    const nowMs = now();
    const before = known.get(id);
    if (before && nowMs < before.untilMs) return before.answer;
    if (known.size >= REMEMBERED_MAX) known.clear();
    const answer = ask(id);
    known.set(id, { answer, untilMs: nowMs + AGE_MAX_MS });
    answer.catch(() => known.delete(id));
    return answer;
  };
}
