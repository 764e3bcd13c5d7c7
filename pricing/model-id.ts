import type { Scope } from '../domain/usage-event.ts';
import { GEO_PREFIXES, PROVIDERS } from './providers.ts';

/** What a `modelId` names. Only the first two are priced by their tokens without a further look-up. */
export const MODEL_ID_KINDS = [
  'foundation_model',
  'inference_profile',
  'application_inference_profile',
  'provisioned_model',
  'custom_model',
  'custom_model_deployment',
  'imported_model',
  'prompt_router',
  'prompt',
  'sagemaker_endpoint',
  'unknown',
] as const;
/** See `MODEL_ID_KINDS`. */
export type ModelIdKind = (typeof MODEL_ID_KINDS)[number];

/** A `modelId` read: facts/bedrock-prices.md, section 10. */
export interface ModelId {
  /** Base id, as prices are keyed; null where the id does not tell which model it is. */
  readonly model: string | null;
  readonly scope: Scope;
  readonly kind: ModelIdKind;
  /** Region inside an ARN; undefined for plain ids, which belong to the Region that is called. */
  readonly region?: string;
  /** Context-window variant that was cut off, such as `128k`. */
  readonly variant?: string;
}

/** Bedrock allows this many characters. */
export const MODEL_ID_LENGTH_MAX = 2048;

const ARN =
  /^arn:aws(?:-[a-z]+)*:(?<service>bedrock|sagemaker):(?<region>[a-z0-9-]{1,20}):(?<account>\d{12})?:(?<resource>[a-z-]+)\/(?<name>[!-~]+)$/;
const BASE_ID = /^(?<provider>[a-z0-9-]{1,63})\.(?<rest>[a-z0-9][A-Za-z0-9.:_-]*)$/;
const VARIANT = /^(?<base>.+:\d+):(?<variant>\d+k?|mm)$/;

/** ARN resources that hide their model. */
const HIDDEN: ReadonlyMap<string, ModelIdKind> = new Map([
  ['application-inference-profile', 'application_inference_profile'],
  ['provisioned-model', 'provisioned_model'],
  ['custom-model', 'custom_model'],
  ['custom-model-deployment', 'custom_model_deployment'],
  ['imported-model', 'imported_model'],
  ['default-prompt-router', 'prompt_router'],
  ['prompt-router', 'prompt_router'],
  ['prompt', 'prompt'],
]);

const UNKNOWN: ModelId = { model: null, scope: 'regional', kind: 'unknown' };

/** Reads any form of `modelId`. What is not recognised is `unknown`, never a model that looks alike. */
export function parseModelId(text: string): ModelId {
  if (text.length > MODEL_ID_LENGTH_MAX) return UNKNOWN;
  return text.startsWith('arn:') ? parseArn(text) : parsePlainId(text);
}

function parseArn(text: string): ModelId {
  const match = ARN.exec(text)?.groups;
  if (!match) return UNKNOWN;
  const { service = '', region = '', account, resource = '', name = '' } = match;
  const hidden = hiddenKind(service, resource);
  // Only foundation models belong to no account.
  if (hidden !== undefined) {
    return account === undefined ? UNKNOWN : { ...UNKNOWN, kind: hidden, region };
  }
  const id = parsePlainId(name);
  const expected = resource === 'foundation-model' ? 'foundation_model' : 'inference_profile';
  const known = resource === 'foundation-model' || resource === 'inference-profile';
  if (service !== 'bedrock' || !known || id.kind !== expected) return UNKNOWN;
  if ((account === undefined) !== (expected === 'foundation_model')) return UNKNOWN;
  return { ...id, region };
}

function hiddenKind(service: string, resource: string): ModelIdKind | undefined {
  if (service === 'sagemaker') return resource === 'endpoint' ? 'sagemaker_endpoint' : undefined;
  return HIDDEN.get(resource);
}

function parsePlainId(text: string): ModelId {
  const base = parseBaseId(text);
  if (base) return { ...base, scope: 'regional', kind: 'foundation_model' };
  const dot = text.indexOf('.');
  const prefix = text.slice(0, dot);
  const scope = prefix === 'global' ? 'global' : 'geo';
  if (dot < 0 || (scope === 'geo' && !GEO_PREFIXES.has(prefix))) return UNKNOWN;
  const profiled = parseBaseId(text.slice(dot + 1));
  return profiled ? { ...profiled, scope, kind: 'inference_profile' } : UNKNOWN;
}

function parseBaseId(text: string): { readonly model: string; readonly variant?: string } | null {
  if (!PROVIDERS.has(BASE_ID.exec(text)?.groups?.['provider'] ?? '')) return null;
  const { base, variant } = VARIANT.exec(text)?.groups ?? {};
  return base === undefined || variant === undefined ? { model: text } : { model: base, variant };
}
