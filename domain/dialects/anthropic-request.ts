import type { ConverseMessage, ConverseRequest, JsonObject } from '../converse.ts';
import type { ConverseCall } from '../model-call.ts';
import { cachePointOf } from './anthropic-cache.ts';
import { anthropicMessages, anthropicSystem } from './anthropic-content.ts';
import { anthropicTools } from './anthropic-tools.ts';
import { fieldsOf, optionalCount, optionalFlag, optionalNumber, optionalText } from './fields.ts';
import { optionalWord, refusal, requiredText } from './fields.ts';
import type { Fields } from './fields.ts';
import { refuseOutputCaps } from './invoke-body.ts';
import { isVendor } from './openai-vendor.ts';
import { BadRequest } from './problem.ts';

/** As usage lines name this dialect and its operations. */
export const ANTHROPIC_MESSAGES = 'anthropic.messages';
/** As counting is named; nothing is metered under it. */
export const ANTHROPIC_COUNT = 'anthropic.count';

const MOST_TOKENS = 1_000_000;
const BETA = /^[a-z0-9][a-z0-9.-]{0,63}$/;
const PLAIN_NAME = /^[A-Za-z][A-Za-z0-9_]{0,63}$/;
/** Fields of the conversation, with their own translation. */
const CONVERSATION = ['model', 'messages', 'system', 'tools', 'tool_choice', 'cache_control'];
const GENERATION = [
  ...['max_tokens', 'temperature', 'top_p', 'stop_sequences', 'stream', 'metadata'],
  ...['service_tier', 'speed', 'thinking'],
];
/** Fields of `POST /v1/messages` with a meaning here; others go to the model. */
export const MESSAGE_FIELDS: readonly string[] = [...CONVERSATION, ...GENERATION];
/** What Bedrock does not have, or what would say who is billed. */
export const REFUSED_FIELDS: readonly string[] = [
  ...['container', 'diagnostics', 'inference_geo', 'mcp_servers', 'user_profile_id'],
  ...['workspace_id', 'anthropic_beta', 'additionalModelRequestFields'],
];
/** Anthropic's name for a tier → Converse's; undefined is what a call without a word gets. */
const TIERS = {
  ...{ auto: undefined, standard_only: 'default' },
  ...{ flex: 'flex', priority: 'priority' },
} as const;

/**
 * Reads the body of `POST /v1/messages`. A field that is not known goes to the model as it is.
 *
 * @param betas - What the `anthropic-beta` headers name.
 * @throws BadRequest for anything that would not be honoured, by name.
 */
export function parseAnthropicMessages(body: unknown, betas: readonly string[]): ConverseCall {
  const fields = openFields(body);
  const { modelRequested, request } = conversationIn(fields, betas);
  const stream = optionalFlag(fields, 'stream') ?? false;
  const maxTokens = optionalCount(fields, 'max_tokens', { least: 1, most: MOST_TOKENS });
  if (maxTokens === undefined) throw refusal(fields, 'max_tokens', 'a whole number');
  const inferenceConfig = inferenceOf(fields);
  const tier = TIERS[optionalWord(fields, 'service_tier', TIER_NAMES) ?? 'auto'];
  return {
    ...{ kind: 'converse', api: ANTHROPIC_MESSAGES, modelRequested, stream, maxTokens },
    request: {
      ...request,
      inferenceConfig,
      ...(tier !== undefined && { serviceTier: { type: tier } }),
      // Which of its stop sequences a model met stands nowhere else.
      ...(inferenceConfig.stopSequences && {
        additionalModelResponseFieldPaths: ['/stop_sequence'],
      }),
    },
  };
}

const TIER_NAMES = Object.keys(TIERS) as (keyof typeof TIERS)[];

/** Reads the body of `POST /v1/messages/count_tokens`: the same conversation, not answered. */
export function parseAnthropicCount(body: unknown, betas: readonly string[]): ConverseCall {
  const fields = openFields(body);
  const { modelRequested, request } = conversationIn(fields, betas);
  for (const name of GENERATION) {
    if (name === 'thinking' || name === 'speed') continue;
    if ((fields.values[name] ?? null) !== null) throw refusal(fields, name, 'nothing');
  }
  const asked = { modelRequested, stream: false, maxTokens: null };
  return { kind: 'converse', api: ANTHROPIC_COUNT, ...asked, request };
}

/** The names in `anthropic-beta` headers. @throws BadRequest for what is no name. */
export function anthropicBetas(
  headers: readonly (readonly [name: string, value: string])[],
): readonly string[] {
  const named = headers.flatMap(([name, value]) =>
    name.toLowerCase() === 'anthropic-beta' ? value.split(',') : [],
  );
  return named.map((name) => {
    if (BETA.test(name.trim())) return name.trim();
    throw new BadRequest('anthropic-beta', 'expected names of lower-case letters, digits, - and .');
  });
}

function conversationIn(fields: Fields, betas: readonly string[]) {
  const modelRequested = requiredText(fields, 'model');
  for (const name of REFUSED_FIELDS) {
    if ((fields.values[name] ?? null) !== null)
      throw refusal(fields, name, 'nothing: not supported');
  }
  optionalWord(fields, 'speed', ['standard']);
  const messages = cachedToTheEnd(anthropicMessages(fields), fields);
  const used = messages.some(({ content }) =>
    content.some(({ toolUse, toolResult }) => toolUse !== undefined || toolResult !== undefined),
  );
  const { toolConfig, extra } = anthropicTools(fields, used);
  const system = anthropicSystem(fields);
  const more = {
    ...passedOn(fields),
    ...thinkingOf(fields),
    ...metadataOf(fields, modelRequested),
    ...extra,
    ...(betas.length > 0 && { anthropic_beta: betas }),
  };
  const request: ConverseRequest = {
    messages,
    ...(system && { system }),
    ...(toolConfig && { toolConfig }),
    ...(Object.keys(more).length > 0 && { additionalModelRequestFields: more }),
  };
  return { modelRequested, request };
}

/** `cache_control` of the whole request caches everything up to its end. */
function cachedToTheEnd(
  messages: readonly ConverseMessage[],
  fields: Fields,
): readonly ConverseMessage[] {
  const point = cachePointOf(fields);
  return messages.map((message, index) =>
    index < messages.length - 1 || point.length === 0
      ? message
      : { ...message, content: [...message.content, ...point] },
  );
}

/** Fields that nobody here knows, for the model to honour or to refuse. */
function passedOn({ values }: Fields): JsonObject {
  const known = new Set([...MESSAGE_FIELDS, ...REFUSED_FIELDS]);
  const unknown = Object.entries(values).filter(
    ([name, value]) => !known.has(name) && value !== null,
  );
  for (const [name] of unknown) {
    if (!PLAIN_NAME.test(name)) throw new BadRequest(null, 'got a field whose name is not plain');
  }
  const passed = Object.fromEntries(unknown);
  refuseOutputCaps(passed);
  return passed;
}

function thinkingOf(fields: Fields): JsonObject {
  const value = fields.values['thinking'] ?? undefined;
  if (value === undefined) return {};
  const thinking = fieldsOf(value, 'thinking', ['type', 'budget_tokens', 'display']);
  requiredText(thinking, 'type');
  optionalCount(thinking, 'budget_tokens', { least: 1, most: MOST_TOKENS });
  optionalText(thinking, 'display');
  return { thinking: value };
}

/** A label for the tenant's own user; models of other makers have no place for it, nor any use. */
function metadataOf(fields: Fields, model: string): JsonObject {
  const value = fields.values['metadata'] ?? undefined;
  if (value === undefined) return {};
  optionalText(fieldsOf(value, 'metadata', ['user_id']), 'user_id');
  return isVendor(model, 'anthropic') ? { metadata: value } : {};
}

function inferenceOf(fields: Fields) {
  const temperature = optionalNumber(fields, 'temperature', { least: 0, most: 1 });
  const topP = optionalNumber(fields, 'top_p', { least: 0, most: 1 });
  const stops = fields.values['stop_sequences'] ?? [];
  if (!Array.isArray(stops) || !stops.every((stop) => typeof stop === 'string')) {
    throw refusal(fields, 'stop_sequences', 'a list of texts');
  }
  return {
    ...(temperature !== undefined && { temperature }),
    ...(topP !== undefined && { topP }),
    ...(stops.length > 0 && { stopSequences: stops as readonly string[] }),
  };
}

function openFields(body: unknown): Fields {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) {
    return { values: body as JsonObject, pathOf: (name) => name };
  }
  return fieldsOf(body, null, []);
}
