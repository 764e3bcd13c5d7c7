import { describe, expect, it } from '@jest/globals';
import { packThought } from '../../../domain/dialects/openai-reasoning.ts';
import { parseOpenAiResponses } from '../../../domain/dialects/openai-responses.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';

const model = 'amazon.nova-lite-v1:0';
const parse = (differs: object) => parseOpenAiResponses({ model, input: 'hello', ...differs });
const requestOf = (differs: object) => parse(differs).call.request;

describe('a response request', () => {
  it('becomes a canonical call with a limit of its own', () => {
    expect(parse({ instructions: 'be kind' })).toMatchObject({
      call: {
        ...{ kind: 'converse', api: 'openai.responses', modelRequested: model, stream: false },
        maxTokens: 4096,
        request: {
          system: [{ text: 'be kind' }],
          messages: [{ role: 'user', content: [{ text: 'hello' }] }],
        },
      },
      ...{ answerTool: null, encryptedReasoning: false },
    });
  });

  it('keeps every setting that a model can honour', () => {
    const { call, answerTool, encryptedReasoning } = parse({
      ...{ max_output_tokens: 7, temperature: 0, top_p: 0.5, stream: true, service_tier: 'flex' },
      ...{
        reasoning: { effort: 'low', summary: 'auto' },
        include: ['reasoning.encrypted_content'],
      },
      text: { format: { type: 'json_schema', name: 'n', schema: {} }, verbosity: 'low' },
    });

    expect(call).toMatchObject({
      ...{ maxTokens: 7, stream: true },
      request: {
        ...{ inferenceConfig: { temperature: 0, topP: 0.5 }, serviceTier: { type: 'flex' } },
        toolConfig: { toolChoice: { tool: { name: 'n' } } },
        additionalModelRequestFields: {
          ...{ reasoningConfig: { type: 'enabled', maxReasoningEffort: 'low' }, verbosity: 'low' },
        },
      },
    });
    expect([answerTool, encryptedReasoning]).toEqual(['n', true]);
  });

  it('is a conversation of items', () => {
    const thought = { text: 'hm', signature: 's', redacted: ['aGk='] };
    const { messages, system } = requestOf({
      input: [
        { role: 'developer', content: [{ type: 'input_text', text: 'd' }] },
        { type: 'message', role: 'user', content: [{ type: 'input_text', text: 'u' }] },
        { type: 'reasoning', id: 'rs_1', summary: [], encrypted_content: packThought(thought) },
        { type: 'reasoning', id: 'rs_2', summary: [{ type: 'summary_text', text: 'hm' }] },
        {
          ...{ type: 'message', id: 'msg_1', role: 'assistant', status: 'completed' },
          content: [{ type: 'output_text', text: 'a', annotations: [], logprobs: [] }],
        },
        {
          ...{ type: 'function_call', id: 'fc_1', call_id: 'call_1', name: 'look' },
          ...{ arguments: '{"a":1}', status: 'completed' },
        },
        { type: 'function_call_output', call_id: 'call_1', output: 'seen' },
        {
          role: 'user',
          content: [
            { type: 'input_image', image_url: 'data:image/png;base64,aGk=', detail: 'auto' },
            {
              type: 'input_file',
              filename: 'a.pdf',
              file_data: 'data:application/pdf;base64,aGk=',
            },
          ],
        },
      ],
      tools: [{ type: 'function', name: 'look', parameters: null, strict: false }],
    });

    expect(system).toEqual([{ text: 'd' }]);
    expect(messages).toEqual([
      { role: 'user', content: [{ text: 'u' }] },
      {
        role: 'assistant',
        content: [
          { reasoningContent: { reasoningText: { text: 'hm', signature: 's' } } },
          { reasoningContent: { redactedContent: 'aGk=' } },
          { text: 'a' },
          { toolUse: { toolUseId: 'call_1', name: 'look', input: { a: 1 } } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'call_1', content: [{ text: 'seen' }] } },
          { image: { format: 'png', source: { bytes: 'aGk=' } } },
          { document: { format: 'pdf', name: 'a', source: { bytes: 'aGk=' } } },
        ],
      },
    ]);
  });

  it.each([
    { store: false },
    { store: null },
    { background: false, truncation: 'disabled', previous_response_id: null },
    { metadata: {}, user: 'u', include: [], top_logprobs: 0 },
    { reasoning: { effort: null, summary: null } },
    { text: { format: { type: 'text' }, verbosity: 'medium' } },
    { tools: [], tool_choice: 'auto', parallel_tool_calls: true },
  ])('asks for nothing more with %j', (differs) => {
    expect(parse(differs).call).toEqual(parse({}).call);
  });
});

describe('a response request that would not be honoured', () => {
  const item = (value: unknown) => ({ input: [value] });
  const said = (part: unknown) => item({ role: 'user', content: [part] });
  it.each([
    ['conversation', { conversation: 'conv_1' }],
    ['prompt', { prompt: { id: 'p' } }],
    ['max_tool_calls', { max_tool_calls: 1 }],
    ['store', { store: true }],
    ['background', { background: true }],
    ['truncation', { truncation: 'auto' }],
    ['previous_response_id', { previous_response_id: 'resp_secret' }],
    ['metadata', { metadata: { secret: 'b' } }],
    ['include', { include: ['message.output_text.logprobs'] }],
    ['include', { include: 'reasoning.encrypted_content' }],
    ['reasoning.effort', { reasoning: { effort: 'secret' } }],
    ['reasoning.generate_summary', { reasoning: { generate_summary: 'auto' } }],
    ['text.format.type', { text: { format: { type: 'grammar' } } }],
    ['stream_options', { stream_options: { include_obfuscation: false } }],
    ['stream_options.include_usage', { stream: true, stream_options: { include_usage: true } }],
    ['tools[0].type', { tools: [{ type: 'web_search' }] }],
    ['tool_choice', { tools: [], tool_choice: { type: 'allowed_tools', tools: [] } }],
    ['max_output_tokens', { max_output_tokens: 0 }],
    ['input', { input: undefined }],
    ['input', { input: [] }],
    ['input', { input: '' }],
    ['input[0].type', item({ type: 'item_reference', id: 'msg_secret' })],
    ['input[0].type', item({ type: 'constructor' })],
    ['input[0].type', item({ type: 7 })],
    ['input[0].role', item({ role: 'tool', content: 'secret' })],
    ['input[0].content[0].type', said({ type: 'text', text: 'secret' })],
    ['input[0].content[0].file_id', said({ type: 'input_image', file_id: 'secret' })],
    ['input[0].content[0].file_url', said({ type: 'input_file', file_url: 'http://secret' })],
    ['input[0].content[0].image_url', said({ type: 'input_image', image_url: 'http://secret' })],
    [
      'input[0].arguments',
      item({ type: 'function_call', call_id: 'c', name: 'n', arguments: '{' }),
    ],
    ['input[0].call_id', item({ type: 'function_call_output', call_id: 'a b', output: '' })],
    ['input[0].encrypted_content', item({ type: 'reasoning', encrypted_content: 'secret' })],
    [
      'input[0].encrypted_content',
      item({ type: 'reasoning', encrypted_content: btoa('{"secret":1}') }),
    ],
    [
      'input[0].encrypted_content.redacted',
      item({ type: 'reasoning', encrypted_content: btoa('{"redacted":[1]}') }),
    ],
  ])('is refused by the name of %s (%j)', (field, differs) => {
    expect(() => parse(differs)).toThrow(BadRequest);
    expect(() => parse(differs)).toThrow(field);
  });

  it('is told without quoting a value', () => {
    for (const differs of [
      { previous_response_id: 'resp_secret' },
      { metadata: { secret: 'b' } },
      { reasoning: { effort: 'secret' } },
      item({ type: 'item_reference', id: 'msg_secret' }),
      item({ type: 'secret' }),
      item({ role: 'secret', content: 'secret' }),
      item({ type: 'reasoning', encrypted_content: btoa('"secret"') }),
    ]) {
      expect(() => parse(differs)).not.toThrow('secret');
    }
  });
});
