import { parseModelId } from '../../pricing/model-id.ts';
import type { ModelId } from '../../pricing/model-id.ts';
import { modelOfProfile } from '../../pricing/profile-model.ts';
import type { ProfileResolver } from '../ports.ts';

/** Says what a requested model is, before it is called. */
export type ResolveModel = (requested: string) => Promise<ModelId>;

/** As many profiles are remembered at once; an organisation has some dozens. */
const KNOWN_MAX = 1000;

/**
 * Reads a requested model and asks what an application inference profile stands for: while the call
 * is admitted, because a profile that was deleted since can never be resolved. Its usage line keeps
 * the answer. A profile's models never change, so each is asked for once; one that nobody knows stays
 * hidden, and its calls unpriced.
 */
export function createResolveModel(profiles: ProfileResolver): ResolveModel {
  const known = new Map<string, ModelId>();
  return async function resolveModel(requested) {
    const id = parseModelId(requested);
    if (id.kind !== 'application_inference_profile') return id;
    const before = known.get(requested);
    if (before) return before;
    const arns = await profiles.models(requested);
    const resolved = arns && modelOfProfile(arns);
    if (!resolved) return id;
    const named = { ...id, ...resolved };
    if (known.size === KNOWN_MAX) known.clear();
    known.set(requested, named);
    return named;
  };
}
