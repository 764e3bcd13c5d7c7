import type { ContentBlock, ConverseRequest, JsonObject } from './converse.ts';
import { mayAnswerInText, sharesBodyFamily } from './dialects/invoke-body.ts';
import type { ConverseCall, ModelCall } from './model-call.ts';

/** What a conversation may ask of its model beside taking text and giving text. */
type Need = 'system' | 'image' | 'document' | 'video' | 'tools' | 'streamed_tools' | 'cache';
/** `own_words`: what only models of the same line understand. */
type Asked = Need | 'own_words';

const TOOLS: readonly Need[] = ['tools', 'streamed_tools'];
const TALK: readonly Need[] = ['system', 'document'];

/**
 * What models are known to take, by how their foundation ids begin; the first that fits. Of all others
 * nothing is known but that they take text.
 * docs.aws.amazon.com/bedrock/latest/userguide/conversation-inference-supported-models-features.html, read
 * 2026-11-21.
 */
const TAKES: readonly (readonly [RegExp, readonly Need[]])[] = [
  [/^anthropic\.claude-(?:v|2|instant)/, TALK],
  [/^anthropic\.claude-3-5-haiku/, [...TALK, ...TOOLS, 'cache']],
  [/^anthropic\.claude-3-(?:opus|sonnet|haiku)/, [...TALK, ...TOOLS, 'image']],
  [/^anthropic\.claude-/, [...TALK, ...TOOLS, 'image', 'cache']],
  [/^amazon\.nova-micro/, ['system', ...TOOLS, 'cache']],
  [/^amazon\.nova-(?:2-)?(?:lite|pro|premier)/, [...TALK, ...TOOLS, 'image', 'video', 'cache']],
  [/^ai21\.jamba-1-5/, [...TALK, ...TOOLS]],
  [/^meta\.llama4/, [...TALK, ...TOOLS, 'image']],
  [/^meta\.llama3-2-(?:11b|90b)/, [...TALK, 'tools', 'image']],
  [/^meta\.llama3-[13]/, [...TALK, 'tools']],
  [/^meta\.llama/, TALK],
  [/^mistral\.pixtral-large/, [...TALK, ...TOOLS, 'image']],
  [/^mistral\.mistral-large/, [...TALK, ...TOOLS]],
  [/^cohere\.command-r/, [...TALK, ...TOOLS]],
  [/^deepseek\.r1/, TALK],
];

/** Members of a conversation that every model is told the same way. */
const PLAIN_MEMBERS: ReadonlySet<string> = new Set([
  ...['messages', 'system', 'inferenceConfig', 'toolConfig', 'guardrailConfig'],
]);
// A map, as names of blocks are the caller's own: an object would know `valueOf`.
const NEED_OF_BLOCK: ReadonlyMap<string, readonly Asked[]> = new Map(
  Object.entries<readonly Asked[]>({
    ...{ text: [], guardContent: [], json: [], image: ['image'], document: ['document'] },
    ...{ video: ['video'], cachePoint: ['cache'], toolUse: ['tools'], toolResult: ['tools'] },
  }),
);
const LINE = /^[a-z0-9]+\.[a-z]+/;

/**
 * Can another model be called in the place of the one that was asked for, and be told all of the same?
 * A raw body goes to models of its own format alone; a conversation to those that are known to take
 * what it holds.
 *
 * @param first - Foundation id of the model that was asked for.
 * @param other - Foundation id of the one in its place.
 */
export function canStandIn(call: ModelCall, first: string, other: string): boolean {
  if (call.kind === 'invoke') return sharesBodyFamily(first, other);
  if (!mayAnswerInText(other)) return false;
  const ofOneLine = LINE.exec(first)?.[0] === LINE.exec(other)?.[0];
  const taken = TAKES.find(([pattern]) => pattern.test(other))?.[1] ?? [];
  return [...askedOf(call)].every((asked) =>
    asked === 'own_words' ? ofOneLine : first === other || taken.includes(asked),
  );
}

function askedOf({ request, stream }: ConverseCall): ReadonlySet<Asked> {
  const { messages, system = [], toolConfig } = request;
  const asked = new Set<Asked>(ownWordsOf(request));
  if (system.length > 0) asked.add('system');
  if (toolConfig) asked.add(stream ? 'streamed_tools' : 'tools');
  if (toolConfig?.tools.some(({ cachePoint }) => cachePoint)) asked.add('cache');
  const blocks = [...system, ...messages.flatMap(({ content }) => content)];
  for (const block of blocks) addBlock(asked, block);
  return asked;
}

/** A tier or a latency that is not the usual one, and fields of one vendor, are not for every model. */
function ownWordsOf(request: ConverseRequest): readonly Asked[] {
  const said = Object.entries(request).filter(([, value]) => value !== undefined);
  return said.every(([name]) => PLAIN_MEMBERS.has(name)) ? [] : ['own_words'];
}

function addBlock(asked: Set<Asked>, block: JsonObject): void {
  for (const name of Object.keys(block)) {
    for (const need of NEED_OF_BLOCK.get(name) ?? (['own_words'] as const)) asked.add(need);
  }
  const { toolResult } = block as ContentBlock;
  for (const inner of toolResult?.content ?? []) addBlock(asked, inner);
}
