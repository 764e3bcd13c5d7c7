import { describe, expect, it } from '@jest/globals';
import { parseOpenAiChat } from '../../../domain/dialects/openai-chat.ts';

const messages = [{ role: 'user', content: 'hello' }];
const NOVA = 'us.amazon.nova-2-lite-v1:0';
const CLAUDE = 'us.anthropic.claude-opus-5-5';
const OSS = 'openai.gpt-oss-120b-1:0';

const parse = (differs: object, model = NOVA) => parseOpenAiChat({ model, messages, ...differs });
const requestOf = (differs: object, model = NOVA) => parse(differs, model).call.request;
const plain = (model: string) => requestOf({}, model);

describe('a value that asks for nothing', () => {
  it.each([
    { n: 1 },
    { frequency_penalty: 0, presence_penalty: 0, logit_bias: {} },
    { logprobs: false, top_logprobs: 0 },
    {
      user: 'u',
      safety_identifier: 's',
      prompt_cache_key: 'k',
      prompt_cache_retention: 'in_memory',
    },
    { store: false, metadata: {} },
    { service_tier: 'auto' },
    { service_tier: 'default' },
    { modalities: ['text'] },
    { verbosity: 'medium' },
    { reasoning_effort: 'none' },
    { response_format: { type: 'text' } },
    { parallel_tool_calls: true },
    { parallel_tool_calls: false },
    { tools: [], tool_choice: 'none' },
    { tool_choice: 'auto' },
    { stream: false },
  ])('changes nothing: %j', (differs) => {
    expect(parse(differs)).toEqual(parse({}));
  });

  it('may be said of a stream', () => {
    const stream_options = { include_usage: false, include_obfuscation: false };
    expect(parse({ stream: true, stream_options })).toEqual(parse({ stream: true }));
  });
});

describe('a setting that only some models know', () => {
  it.each([
    [{ seed: 7 }, { seed: 7 }],
    [{ frequency_penalty: 0.5 }, { frequency_penalty: 0.5 }],
    [{ presence_penalty: -1 }, { presence_penalty: -1 }],
    [{ logit_bias: { 7: -100 } }, { logit_bias: { 7: -100 } }],
    [{ verbosity: 'low' }, { verbosity: 'low' }],
  ])('goes to the model as it is: %j', (differs, fields) => {
    expect(requestOf(differs)).toEqual({
      ...plain(NOVA),
      additionalModelRequestFields: fields,
    });
  });

  it('is told in the words of whoever made the model: effort', () => {
    expect(requestOf({ reasoning_effort: 'low' }, OSS)).toEqual({
      ...plain(OSS),
      additionalModelRequestFields: { reasoning_effort: 'low' },
    });
    expect(requestOf({ reasoning_effort: 'max' }, CLAUDE)).toEqual({
      ...plain(CLAUDE),
      outputConfig: { effort: 'max' },
    });
    expect(requestOf({ reasoning_effort: 'low' })).toEqual({
      ...plain(NOVA),
      additionalModelRequestFields: {
        reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' },
      },
    });
    expect(() => requestOf({ reasoning_effort: 'minimal' }, CLAUDE)).toThrow('reasoning_effort');
  });
});

describe('a service tier', () => {
  it.each(['flex', 'priority'])('is asked for: %s', (type) => {
    expect(requestOf({ service_tier: type })).toEqual({
      ...plain(NOVA),
      serviceTier: { type },
    });
  });
});

describe('an answer in JSON', () => {
  const schema = { type: 'object', properties: { a: { type: 'string' } }, required: ['a'] };
  const response_format = {
    type: 'json_schema',
    json_schema: { name: 'thing', description: 'a thing', schema, strict: true },
  };

  it.each([CLAUDE, OSS, 'qwen.qwen3-32b-v1:0'])('is a setting of Converse for %s', (model) => {
    const { call, answerTool } = parse({ response_format }, model);

    expect(answerTool).toBeNull();
    expect(call.request['outputConfig']).toEqual({
      textFormat: {
        type: 'json_schema',
        structure: {
          jsonSchema: { name: 'thing', description: 'a thing', schema: JSON.stringify(schema) },
        },
      },
    });
  });

  it('is the input of a tool that must be used, for models that cannot be held to a schema', () => {
    const { call, answerTool } = parse({ response_format });

    expect(answerTool).toBe('thing');
    expect(call.request.toolConfig).toEqual({
      tools: [
        { toolSpec: { name: 'thing', description: 'a thing', inputSchema: { json: schema } } },
      ],
      toolChoice: { tool: { name: 'thing' } },
    });
  });

  it('without a schema is the input of a tool for every model', () => {
    const { call, answerTool } = parse({ response_format: { type: 'json_object' } }, CLAUDE);

    expect(call.request.toolConfig?.toolChoice).toEqual({ tool: { name: answerTool } });
    expect(call.request.toolConfig?.tools[0]?.toolSpec?.inputSchema.json).toEqual({
      type: 'object',
    });
  });

  it('does not displace an effort', () => {
    const both = { response_format, reasoning_effort: 'high' };
    expect(requestOf(both, CLAUDE)['outputConfig']).toMatchObject({
      ...{ effort: 'high', textFormat: { type: 'json_schema' } },
    });
  });

  const tools = [{ type: 'function', function: { name: 'look' } }];
  it.each([
    ['response_format', { response_format, tools }],
    ['response_format.type', { response_format: { type: 'xml' } }],
    ['response_format.json_schema', { response_format: { type: 'json_schema' } }],
    [
      'response_format.json_schema.schema',
      { response_format: { type: 'json_schema', json_schema: { name: 'n' } } },
    ],
    [
      'response_format.json_schema.name',
      { response_format: { type: 'json_schema', json_schema: { name: 'a b', schema: {} } } },
    ],
    ['response_format.schema', { response_format: { type: 'json_object', schema: {} } }],
  ])('is refused by the name of %s', (field, differs) => {
    expect(() => parse(differs)).toThrow(`${field}: `);
  });
});
