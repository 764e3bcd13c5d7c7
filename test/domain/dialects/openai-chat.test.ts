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
      answerTool: null,
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
    const absent = {
      ...{ max_tokens: null, temperature: null, top_p: null, stop: null, stream: null },
      ...{ logprobs: null, seed: null, store: null, metadata: null, tools: null, user: null },
      ...{ logit_bias: null, reasoning_effort: null, response_format: null, service_tier: null },
    };

    expect(parseOpenAiChat({ ...body, ...absent, stream_options: null, n: null })).toEqual(
      parseOpenAiChat(body),
    );
  });

  it('reads all roles, text in parts as paragraphs, and neighbours of one role as one message', () => {
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
        { role: 'assistant', content: null, refusal: 'r', annotations: [], audio: null },
        { role: 'assistant', content: '' },
        { role: 'user', content: 'b' },
        { role: 'system', content: 'late' },
        { role: 'user', content: 'c' },
      ],
    });

    expect(call.request.system).toEqual([{ text: 's' }, { text: 'd' }, { text: 'late' }]);
    expect(call.request.messages).toEqual([
      { role: 'user', content: [{ text: 'one\ntwo' }] },
      { role: 'assistant', content: [{ text: 'a' }, { text: 'r' }] },
      { role: 'user', content: [{ text: 'b' }, { text: 'c' }] },
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
    ['functions', { functions: [] }],
    ['prediction', { prediction: null }],
    ['web_search_options', { web_search_options: {} }],
    ['user', { user: 7 }],
    ['user', { user: 'u'.repeat(513) }],
    ['metadata', { metadata: { a: 'b' } }],
    ['metadata', { metadata: 'b' }],
    ['store', { store: true }],
    ['logprobs', { logprobs: true }],
    ['top_logprobs', { top_logprobs: 1 }],
    ['modalities', { modalities: ['text', 'audio'] }],
    ['service_tier', { service_tier: 'scale' }],
    ['prompt_cache_retention', { prompt_cache_retention: '24h' }],
    ['verbosity', { verbosity: 'silent' }],
    ['reasoning_effort', { reasoning_effort: 'enormous' }],
    ['reasoning_effort', { reasoning_effort: 'xhigh' }],
    ['seed', { seed: 1.5 }],
    ['frequency_penalty', { frequency_penalty: 2.1 }],
    ['presence_penalty', { presence_penalty: -2.1 }],
    ['logit_bias', { logit_bias: { 7: 101 } }],
    ['logit_bias', { logit_bias: { hello: 1 } }],
    ['logit_bias', { logit_bias: [] }],
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
    ['messages[0].role', { messages: [{ role: 'function', content: 'x' }] }],
    ['messages[0].role', { messages: [{ content: 'x' }] }],
    ['messages[0].role', { messages: [{ role: 'constructor', content: 'x' }] }],
    ['messages[0].name', { messages: [{ role: 'user', content: 'x', name: 'n' }] }],
    ['messages[0].refusal', { messages: [{ role: 'user', content: 'x', refusal: null }] }],
    ['messages[1].refusal', { messages: [...messages, { role: 'assistant', refusal: 7 }] }],
    ['messages[1].audio', { messages: [...messages, { role: 'assistant', audio: { id: 'a' } }] }],
    ['messages', { messages: [{ role: 'assistant', content: 'x' }] }],
    ['messages', { messages: [{ role: 'system', content: 'x' }] }],
    ['messages', { messages: [{ role: 'user', content: '' }] }],
    ['messages[0].content', { messages: [{ role: 'user' }] }],
    ['messages[0].content', { messages: [{ role: 'user', content: [] }] }],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'input_audio' }] }] },
    ],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'system', content: [{ type: 'image_url' }] }] },
    ],
    [
      'messages[0].content[0].type',
      { messages: [{ role: 'user', content: [{ type: 'constructor' }] }] },
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
