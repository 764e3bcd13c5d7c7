import type { ConverseRequest, JsonObject } from '../converse.ts';
import type { Tier } from '../usage-event.ts';
import { fieldsOf, optionalCount, optionalFlag, optionalNumber, optionalText } from './fields.ts';
import { optionalWord, refusal } from './fields.ts';
import type { Fields } from './fields.ts';
import { isVendor } from './openai-vendor.ts';
import { BadRequest } from './problem.ts';

/** Tokens that may be generated where the request does not say. */
export const OPENAI_MAX_TOKENS_DEFAULT = 4096;

const MOST_TOKENS = 1_000_000;
const LONGEST_HINT = 512;

/** Settings that chat completions and responses share; what each becomes is in docs/dialects/openai.md. */
export const SHARED_FIELDS = [
  ...['model', 'temperature', 'top_p', 'stream', 'stream_options', 'tools', 'tool_choice'],
  ...['parallel_tool_calls', 'service_tier', 'store', 'metadata', 'user', 'safety_identifier'],
  ...['prompt_cache_key', 'prompt_cache_retention', 'top_logprobs'],
];

/** The model's id. */
export function modelOf(fields: Fields): string {
  const model = optionalText(fields, 'model');
  if (model === undefined) throw refusal(fields, 'model', 'text');
  if (model === '') throw new BadRequest('model', 'got empty text, expected a model id');
  return model;
}

/** A limit of generated tokens under this name; undefined where it is not there. */
export function tokenLimit(fields: Fields, name: string): number | undefined {
  return optionalCount(fields, name, { least: 1, most: MOST_TOKENS });
}

/** How the model is to choose its words. */
export function samplingOf(fields: Fields) {
  const temperature = optionalNumber(fields, 'temperature', { least: 0, most: 2 });
  const topP = optionalNumber(fields, 'top_p', { least: 0, most: 1 });
  return { ...(temperature !== undefined && { temperature }), ...(topP !== undefined && { topP }) };
}

/**
 * Accepts what changes nothing here and refuses the rest by name: nothing is kept after a call, so there
 * is nothing to store or to label, and what a model does not tell cannot be told on.
 */
export function refuseUnkept(fields: Fields): void {
  for (const hint of ['user', 'safety_identifier', 'prompt_cache_key']) refuseLong(fields, hint);
  optionalWord(fields, 'prompt_cache_retention', ['in_memory']);
  optionalCount(fields, 'top_logprobs', { least: 0, most: 0 });
  if (optionalFlag(fields, 'store') === true) {
    throw new BadRequest('store', 'got true, expected false: nothing of a call is kept here');
  }
  const metadata: unknown = fields.values['metadata'] ?? {};
  if (typeof metadata === 'object' && metadata !== null && Object.keys(metadata).length === 0)
    return;
  throw new BadRequest('metadata', 'not supported, expected none: nothing of a call is kept here');
}

function refuseLong(fields: Fields, name: string): void {
  if ((optionalText(fields, name) ?? '').length <= LONGEST_HINT) return;
  throw new BadRequest(fields.pathOf(name), `expected at most ${LONGEST_HINT} characters`);
}

/** Nothing pads the events of a stream here, so that nobody can ask for it. */
export function streamOptionsOf({ values }: Fields, stream: boolean, known: readonly string[]) {
  const value = values['stream_options'] ?? undefined;
  if (value === undefined) return undefined;
  if (!stream) throw new BadRequest('stream_options', 'expected only where stream is true');
  const options = fieldsOf(value, 'stream_options', ['include_obfuscation', ...known]);
  if (optionalFlag(options, 'include_obfuscation') === true) {
    throw refusal(options, 'include_obfuscation', 'false');
  }
  return options;
}

/** The tier that is asked for; `auto` and `default` are the standard one. */
export function serviceTierOf(fields: Fields): Pick<ConverseRequest, 'serviceTier'> {
  const tier = optionalWord(fields, 'service_tier', ['auto', 'default', 'flex', 'priority']);
  return tier === 'flex' || tier === 'priority' ? { serviceTier: { type: tier } } : {};
}

/** The tier that served a call, in OpenAI's words. */
export function servedTier(tier: Tier): string {
  return tier === 'standard' ? 'default' : tier;
}

const EFFORTS = ['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'] as const;

/** How hard the model is to think, in the words of whoever made it. */
export interface EffortSettings {
  readonly outputConfig: JsonObject;
  readonly additional: JsonObject;
}

/** @throws BadRequest for an effort that the model's vendor has no word for. */
export function effortOf(fields: Fields, name: string, model: string): EffortSettings {
  const effort = optionalWord(fields, name, EFFORTS);
  const nothing = { outputConfig: {}, additional: {} };
  if (effort === undefined) return nothing;
  const [claude, nova] = [isVendor(model, 'anthropic'), isVendor(model, 'amazon')];
  if (!claude && !nova) return { ...nothing, additional: { reasoning_effort: effort } };
  // Neither thinks unless it is asked to.
  if (effort === 'none') return nothing;
  const known = claude ? ['low', 'medium', 'high', 'xhigh', 'max'] : ['low', 'medium', 'high'];
  if (!known.includes(effort)) throw refusal(fields, name, `none, ${known.join(', ')}`);
  if (claude) return { ...nothing, outputConfig: { effort } };
  const reasoningConfig = { type: 'enabled', maxReasoningEffort: effort };
  return { ...nothing, additional: { reasoningConfig } };
}

/** How long the model is to speak: medium is what it does unasked. */
export function verbosityOf(fields: Fields): JsonObject {
  const verbosity = optionalWord(fields, 'verbosity', ['low', 'medium', 'high']);
  return verbosity === undefined || verbosity === 'medium' ? {} : { verbosity };
}
