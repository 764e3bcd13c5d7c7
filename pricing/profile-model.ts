import type { Scope } from '../domain/usage-event.ts';
import { parseModelId } from './model-id.ts';

/** What an application inference profile calls, as prices are keyed. */
export interface ProfileModel {
  /** Base id. */
  readonly model: string;
  readonly scope: Scope;
}

const FOUNDATION =
  /^arn:aws(?:-[a-z]+)*:bedrock:(?<region>[a-z0-9-]*)::foundation-model\/(?<id>[!-~]+)$/;

/**
 * Reads the models behind a profile. A copy of a geographic profile lists its model once for each
 * Region, a copy of a global one also without a Region, any other one model of one Region
 * (facts/bedrock-prices.md, section 10; docs.aws.amazon.com/bedrock/latest/userguide/
 * global-cross-region-inference.html, as quoted in public policies 2026).
 *
 * @param arns - `models[].modelArn` of GetInferenceProfile.
 * @returns null for anything that is not one model: then nothing is known.
 */
export function modelOfProfile(arns: readonly string[]): ProfileModel | null {
  const found = arns.map((arn) => FOUNDATION.exec(arn)?.groups);
  const ids = new Set(found.map((groups) => parseModelId(groups?.['id'] ?? '').model));
  const [model] = ids;
  if (ids.size !== 1 || model === null || model === undefined) return null;
  const regions = new Set(found.map((groups) => groups?.['region'] ?? ''));
  if (regions.has('')) return { model, scope: 'global' };
  return { model, scope: regions.size > 1 ? 'geo' : 'regional' };
}
