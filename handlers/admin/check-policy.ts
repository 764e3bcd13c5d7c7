import { mayAnswerInText } from '../../domain/dialects/invoke-body.ts';
import { refusalByStatus } from '../../domain/model-registry.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import { refusalOfModel } from '../../domain/policy.ts';
import type { Policy } from '../../domain/policy.ts';
import { isSageMaker } from '../../domain/sagemaker/endpoint.ts';
import { parseModelId } from '../../pricing/model-id.ts';
import { MODEL_ID, MODEL_KIND, parseModel } from '../invoke/model-documents.ts';
import { DocumentError } from '../invoke/tenant-documents.ts';
import type { Clock, Records } from '../ports.ts';

interface CheckPorts {
  readonly records: Pick<Records, 'find'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** A model as its id and the registry tell. */
interface Known {
  readonly id: string;
  /** Foundation model id, as limits and fallbacks are kept under. */
  readonly model: string;
  readonly upstream: string;
  readonly onboarded: RegisteredModel | undefined;
}

/**
 * Refuses a policy part of which could never hold: limits of an id that no call is counted under, and
 * fallbacks that could not serve. What depends on the single call is decided when it comes.
 *
 * @throws DocumentError naming the entry, what stands there, and what was expected.
 */
export function createCheckPolicy({ records, clock }: CheckPorts) {
  async function known(id: string): Promise<Known> {
    const json = await records.find(MODEL_KIND, id);
    const onboarded = json === undefined ? undefined : parseModel(id, JSON.parse(json));
    const upstream = onboarded?.upstream ?? id;
    const pricedAs = onboarded?.pricedAs ?? upstream;
    return { id, model: parseModelId(pricedAs).model ?? pricedAs, upstream, onboarded };
  }

  async function keyed(field: string, id: string): Promise<Known> {
    const found = await known(id);
    if (parseModelId(id).kind === 'application_inference_profile') {
      throw unfit(field, id, 'the id of the model that it is a profile of');
    }
    if (found.model !== id) {
      throw unfit(field, id, `${found.model}: it holds for every id of that model`);
    }
    return found;
  }

  return async function checkPolicy(policy: Policy): Promise<void> {
    refuseNoIds(policy);
    for (const id of Object.keys(policy.perModel)) await keyed('per_model', id);
    for (const [id, others] of Object.entries(policy.fallbacks)) {
      const first = await keyed('fallbacks', id);
      if (!mayAnswerInText(first.model)) {
        throw unfit('fallbacks', id, 'a model that answers in text: no other has a stand-in');
      }
      for (const other of others) {
        const refusal = refusalOf(policy, { first, other: await known(other) }, clock.now());
        if (refusal !== undefined) throw unfit(`fallbacks.${id}`, other, refusal);
      }
    }
  };
}

function refuseNoIds({ models, fallbacks, perModel, endOfLifeMs }: Policy): void {
  const named = {
    ...{ models: models ?? [], fallbacks: Object.entries(fallbacks).flat(2) },
    ...{ per_model: Object.keys(perModel), end_of_life: Object.keys(endOfLifeMs) },
  };
  for (const [field, ids] of Object.entries(named)) {
    const none = ids.find((id) => !MODEL_ID.test(id));
    if (none === undefined) continue;
    throw unfit(field, JSON.stringify(none), 'ids of letters, digits and . _ : / -');
  }
}

function unfit(field: string, got: string, expected: string): DocumentError {
  return new DocumentError(`policy: ${field}: got ${got}, expected ${expected}`);
}

interface Pair {
  readonly first: Known;
  readonly other: Known;
}

/** What was expected in the place of a fallback that cannot serve; undefined for one that can. */
function refusalOf(policy: Policy, { first, other }: Pair, nowMs: number): string | undefined {
  const { id, model, upstream, onboarded } = other;
  if (id === first.id) return 'another model: attempts says how often one is tried';
  if (!mayAnswerInText(model)) return 'a model that answers in text';
  if (isSageMaker(upstream) && onboarded?.kind !== 'sagemaker') {
    return 'an endpoint under the id that an admin registered it by';
  }
  if (isSageMaker(upstream) && policy.guardrail) {
    return 'a model whose answers the guardrail of this policy can be applied to';
  }
  if (onboarded && refusalByStatus(onboarded, policy.models) !== undefined) {
    return `a model that may be called: this one is ${onboarded.status}`;
  }
  return {
    not_allowed: 'one of models',
    end_of_life: 'a model whose end_of_life has not come',
    none: undefined,
  }[refusalOfModel(policy, { requested: id, model }, nowMs) ?? 'none'];
}
