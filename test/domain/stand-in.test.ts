import { describe, expect, it } from '@jest/globals';
import type { ContentBlock, ConverseRequest } from '../../domain/converse.ts';
import type { ConverseCall, InvokeCall } from '../../domain/model-call.ts';
import { canStandIn } from '../../domain/stand-in.ts';

const OPUS = 'anthropic.claude-opus-5-5';
const SONNET = 'anthropic.claude-sonnet-4-6';
const OLD_HAIKU = 'anthropic.claude-3-5-haiku-20241022-v1:0';
const LITE = 'amazon.nova-lite-v1:0';
const MICRO = 'amazon.nova-micro-v1:0';
const LLAMA = 'meta.llama3-3-70b-instruct-v1:0';
const UNKNOWN = 'nvidia.nemotron-nano-9b-v2';
const ALL = [OPUS, SONNET, OLD_HAIKU, LITE, MICRO, LLAMA, UNKNOWN];

function talk(differs: Partial<ConverseRequest> = {}, stream = false): ConverseCall {
  const messages = [{ role: 'user' as const, content: [{ text: 'hello' }] }];
  return {
    ...{ kind: 'converse', api: 'a', modelRequested: 'm', stream, maxTokens: 9 },
    request: { messages, inferenceConfig: {}, ...differs },
  };
}
const said = (...content: readonly ContentBlock[]) =>
  talk({ messages: [{ role: 'user', content }] });
const source = { bytes: '' };
const image = { image: { format: 'png', source } };
const document = { document: { format: 'pdf', name: 'd', source } };
const tools = { tools: [{ toolSpec: { name: 't', inputSchema: { json: {} } } }] };
const result = (...content: readonly ContentBlock[]) => ({
  toolResult: { toolUseId: '1', content },
});

describe('models that may stand in for Claude Opus in a conversation', () => {
  it.each<[string, ConverseCall, readonly string[]]>([
    ['of text alone', talk(), ALL],
    ['with a system prompt', talk({ system: [{ text: 'be kind' }] }), ALL.slice(0, -1)],
    ['with a picture', said(image), [OPUS, SONNET, LITE]],
    ['with a document', said(document), [OPUS, SONNET, OLD_HAIKU, LITE, LLAMA]],
    ['with a video', said({ video: {} }), [OPUS, LITE]],
    ['with tools', talk({ toolConfig: tools }), ALL.slice(0, -1)],
    [
      'with tools, streamed',
      talk({ toolConfig: tools }, true),
      [OPUS, SONNET, OLD_HAIKU, LITE, MICRO],
    ],
    ['with what a tool said', said(result({ text: 'x' })), ALL.slice(0, -1)],
    ['with a picture that a tool made', said(result(image)), [OPUS, SONNET, LITE]],
    ['with a cache', said({ cachePoint: { type: 'default' } }), ALL.slice(0, 5)],
    [
      'with reasoning',
      said({ reasoningContent: { redactedContent: '' } }),
      [OPUS, SONNET, OLD_HAIKU],
    ],
    ['with content that nobody knows', said({ newThing: {} }), [OPUS, SONNET, OLD_HAIKU]],
    ['with what every object has', said({ valueOf: {} }), [OPUS, SONNET, OLD_HAIKU]],
    [
      'with fields of its vendor',
      talk({ additionalModelRequestFields: { thinking: {} } }),
      [OPUS, SONNET, OLD_HAIKU],
    ],
    ['in another tier', talk({ serviceTier: { type: 'flex' } }), [OPUS, SONNET, OLD_HAIKU]],
    ['with a guardrail', talk({ guardrailConfig: { guardrailIdentifier: 'g' } }), ALL],
  ])('%s', (_, call, expected) => {
    expect(ALL.filter((model) => canStandIn(call, OPUS, model))).toEqual(expected);
  });

  it('are none that make vectors or pictures', () => {
    for (const model of ['amazon.titan-embed-text-v2:0', 'amazon.nova-canvas-v1:0']) {
      expect(canStandIn(talk(), OPUS, model)).toBe(false);
    }
  });
});

describe('a raw body', () => {
  const raw: InvokeCall = {
    ...{ kind: 'invoke', api: 'a', modelRequested: 'm', stream: false, maxTokens: 9 },
    ...{ bodies: [], contentType: 'j', accept: 'j', other: {}, headers: {} },
  };

  it.each([
    [OPUS, SONNET, true],
    [LITE, MICRO, true],
    [OPUS, LITE, false],
    [LITE, 'amazon.titan-text-express-v1', false],
    ['mistral.mistral-large-2407-v1:0', 'mistral.pixtral-large-2502-v1:0', true],
    ['mistral.mistral-large-2407-v1:0', 'cohere.command-r-v1:0', false],
    ['amazon.titan-embed-text-v2:0', 'amazon.titan-embed-text-v1', false],
    ['amazon.nova-canvas-v1:0', 'amazon.titan-image-generator-v2:0', false],
    ['sagemaker/a', 'sagemaker/b', false],
    ['our-model', 'our-model-2', false],
  ])('for %s goes to %s: %p', (first, other, expected) => {
    expect(canStandIn(raw, first, other)).toBe(expected);
  });
});
