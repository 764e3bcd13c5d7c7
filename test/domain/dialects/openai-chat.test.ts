import { describe, expect, it } from '@jest/globals';
import { BadRequest } from '../../../domain/dialects/problem.ts';
import { parseOpenAiChat } from '../../../domain/dialects/openai-chat.ts';

const messages = [{ role: 'user', content: 'hello' }];
const body = { model: 'amazon.nova-lite-v1:0', messages };

function refusalOf(value: unknown): BadRequest {
  try {
    parseOpenAiChat(value);
  } catch (error) {
    if (error instanceof BadRequest) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('a chat completion request', () => {
  it('becomes a canonical call with a limit of its own', () => {
    expect(parseOpenAiChat(body)).toEqual({
      call: {
        kind: 'converse',
        api: 'openai.chat',
        modelRequested: 'amazon.nova-lite-v1:0',
        maxTokens: 4096,
        stream: false,
        request: {
          messages: [{ role: 'user', content: [{ text: 'hello' }] }],
          inferenceConfig: {},
        },
      },
      includeUsage: false,
    });
  });

  it('keeps every setting that a model can honour', () => {
    const { call, includeUsage } = parseOpenAiChat({
      ...body,
      ...{ max_completion_tokens: 7, temperature: 0, top_p: 0.5, stop: 'END', n: 1 },
      ...{ stream: true, stream_options: { include_usage: true } },
    });

    expect(call).toMatchObject({ maxTokens: 7, stream: true });
    expect(call.request.inferenceConfig).toEqual({
      ...{ temperature: 0, topP: 0.5, stopSequences: ['END'] },
    });
    expect(includeUsage).toBe(true);
  });

  it('takes null for absent', () => {
    const absent = { max_tokens: null, temperature: null, top_p: null, stop: null, stream: null };

    expect(parseOpenAiChat({ ...body, ...absent, stream_options: null, n: null })).toEqual(
      parseOpenAiChat(body),
    );
  });

  it('reads all roles, and text in parts as paragraphs', () => {
    const parts = [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ];
    const { call } = parseOpenAiChat({
      ...body,
      messages: [
        { role: 'system', content: 's' },
        { role: 'developer', content: 'd' },
        { role: 'user', content: parts },
        { role: 'assistant', content: 'a', refusal: null },
      ],
    });

    expect(call.request.system).toEqual([{ text: 's' }, { text: 'd' }]);
    expect(call.request.messages).toEqual([
      { role: 'user', content: [{ text: 'one\ntwo' }] },
      { role: 'assistant', content: [{ text: 'a' }] },
    ]);
  });

  it('limits max_tokens under either name, and stop to four texts', () => {
    expect(parseOpenAiChat({ ...body, max_tokens: 1 }).call.maxTokens).toBe(1);
    const settings = (stop: string[]) =>
      parseOpenAiChat({ ...body, stop }).call.request.inferenceConfig;
    expect(settings(['a', 'b', 'c', 'd'])?.stopSequences).toHaveLength(4);
    expect(settings([])).not.toHaveProperty('stopSequences');
  });
});

describe('a request that would not be honoured', () => {
  it.each([
    ['user', { user: 'u' }],
    ['metadata', { metadata: {} }],
    ['tools', { tools: [] }],
    ['response_format', { response_format: { type: 'json_object' } }],
    ['seed', { seed: 1 }],
    ['logprobs', { logprobs: null }],
    ['service_tier', { service_tier: 'flex' }],
    ['n', { n: 2 }],
    ['n', { n: 1.5 }],
    ['model', { model: '' }],
    ['model', { model: 7 }],
    ['max_tokens', { max_tokens: 0 }],
    ['max_tokens', { max_tokens: 1.5 }],
    ['max_tokens', { max_tokens: 1_000_001 }],
    ['max_tokens', { max_tokens: '5' }],
    ['max_tokens', { max_tokens: 5, max_completion_tokens: 5 }],
    ['temperature', { temperature: 2.1 }],
    ['temperature', { temperature: -1 }],
    ['top_p', { top_p: 1.01 }],
    ['stop', { stop: '' }],
    ['stop', { stop: ['a', 'b', 'c', 'd', 'e'] }],
    ['stop', { stop: [1] }],
    ['stream', { stream: 'true' }],
    ['stream_options', { stream_options: { include_usage: true } }],
    ['stream_options', { stream: true, stream_options: [] }],
    [
      'stream_options.include_obfuscation',
      { stream: true, stream_options: { include_obfuscation: true } },
    ],
    ['messages', { messages: [] }],
    ['messages', { messages: 'hello' }],
    ['messages[0]', { messages: ['hello'] }],
    ['messages[0]', { messages: [null] }],
    ['messages[0].role', { messages: [{ role: 'tool', content: 'x' }] }],
    ['messages[0].role', { messages: [{ role: 'constructor', content: 'x' }] }],
    ['messages[0].name', { messages: [{ role: 'user', content: 'x', name: 'n' }] }],
    ['messages[0].refusal', { messages: [{ role: 'user', content: 'x', refusal: null }] }],
    ['messages[0].refusal', { messages: [{ role: 'assistant', content: 'x', refusal: 'r' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: [] }] }],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'image_url' }] }] },
    ],
    ['messages[0].content[0].text', { messages: [{ role: 'user', content: [{ type: 'text' }] }] }],
  ])('is refused by the name of its field: %s (%j)', (field, differs) => {
    const refusal = refusalOf({ ...body, ...differs });

    expect(refusal.field).toBe(field);
    expect(refusal.message).toContain(field);
  });

  it.each([[undefined], [null], ['text'], [7], [[]]])(
    'is refused when it is no object: %j',
    (value) => {
      expect(refusalOf(value).field).toBeNull();
    },
  );

  it('is refused for a field named __proto__, which JSON can hold', () => {
    const hostile: unknown = JSON.parse('{"model":"m","messages":[],"__proto__":{"n":1}}');

    expect(refusalOf(hostile).field).toBe('__proto__');
  });

  it('is told without quoting a value, and without an odd name', () => {
    const secret = 'correct horse';

    expect(refusalOf({ ...body, stop: { secret } }).message).not.toContain(secret);
    expect(refusalOf({ ...body, [secret]: 1 }).message).not.toContain(secret);
    expect(
      refusalOf({ ...body, messages: [{ role: secret, content: secret }] }).message,
    ).not.toContain(secret);
  });
});
