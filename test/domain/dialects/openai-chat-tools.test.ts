import { describe, expect, it } from '@jest/globals';
import { parseOpenAiChat } from '../../../domain/dialects/openai-chat.ts';

const asked = [{ role: 'user', content: 'weather?' }];
const NOVA = 'amazon.nova-lite-v1:0';
const CLAUDE = 'eu.anthropic.claude-sonnet-4-6';
const parameters = { type: 'object', properties: { city: { type: 'string' } } };
const weather = {
  type: 'function',
  function: { name: 'weather', description: 'says it', parameters, strict: true },
};
const tools = [weather, { type: 'function', function: { name: 'noop' } }];

const requestOf = (differs: object, model = NOVA) =>
  parseOpenAiChat({ model, messages: asked, ...differs }).call.request;

const used = [
  ...asked,
  {
    ...{ role: 'assistant', content: 'I look.' },
    tool_calls: [
      {
        id: 'call_1',
        type: 'function',
        function: { name: 'weather', arguments: '{"city":"Bonn"}' },
      },
      { id: 'call_2', type: 'function', function: { name: 'noop', arguments: '' } },
    ],
  },
  { role: 'tool', tool_call_id: 'call_1', content: 'rain' },
  { role: 'tool', tool_call_id: 'call_2', content: [{ type: 'text', text: 'nothing' }] },
  { role: 'user', content: 'and now?' },
];

describe('tools', () => {
  it('are those of Converse', () => {
    expect(requestOf({ tools }).toolConfig).toEqual({
      tools: [
        {
          toolSpec: {
            ...{ name: 'weather', description: 'says it', strict: true },
            inputSchema: { json: parameters },
          },
        },
        { toolSpec: { name: 'noop', inputSchema: { json: { type: 'object', properties: {} } } } },
      ],
    });
  });

  it.each([
    ['auto', undefined],
    ['required', { any: {} }],
    [{ type: 'function', function: { name: 'noop' } }, { tool: { name: 'noop' } }],
  ])('are chosen as %j says', (tool_choice, expected) => {
    expect(requestOf({ tools, tool_choice }).toolConfig?.toolChoice).toEqual(expected);
  });

  it('are not offered where none may be used', () => {
    expect(requestOf({ tools, tool_choice: 'none' })).toEqual(requestOf({}));
  });

  it('are used one at a time where that is asked for, in the words of the model', () => {
    const one = { tools, parallel_tool_calls: false };
    expect(requestOf(one).additionalModelRequestFields).toEqual({ parallel_tool_calls: false });
    expect(requestOf(one, CLAUDE).additionalModelRequestFields).toEqual({
      tool_choice: { type: 'auto', disable_parallel_tool_use: true },
    });
    expect(
      requestOf({ ...one, tool_choice: 'required' }, CLAUDE).additionalModelRequestFields,
    ).toEqual({ tool_choice: { disable_parallel_tool_use: true } });
  });

  it('that were used come back as blocks, and what they answered as the user', () => {
    expect(requestOf({ tools, messages: used }).messages).toEqual([
      { role: 'user', content: [{ text: 'weather?' }] },
      {
        role: 'assistant',
        content: [
          { text: 'I look.' },
          { toolUse: { toolUseId: 'call_1', name: 'weather', input: { city: 'Bonn' } } },
          { toolUse: { toolUseId: 'call_2', name: 'noop', input: {} } },
        ],
      },
      {
        role: 'user',
        content: [
          { toolResult: { toolUseId: 'call_1', content: [{ text: 'rain' }] } },
          { toolResult: { toolUseId: 'call_2', content: [{ text: 'nothing' }] } },
          { text: 'and now?' },
        ],
      },
    ]);
  });

  const calling = (call: object) => [...asked, { role: 'assistant', tool_calls: [call] }];
  const call = (differs: object) => ({
    ...{ id: 'call_1', type: 'function' },
    function: { name: 'weather', arguments: '{}', ...differs },
  });
  it.each([
    ['tools', { tools: 'all' }],
    ['tools[0].type', { tools: [{ type: 'custom', custom: {} }] }],
    ['tools[0].function', { tools: [{ type: 'function' }] }],
    ['tools[0].function.name', { tools: [{ type: 'function', function: { name: 'a b' } }] }],
    [
      'tools[0].function.parameters',
      { tools: [{ type: 'function', function: { name: 'a', parameters: [] } }] },
    ],
    ['tool_choice', { tools, tool_choice: 'any' }],
    ['tool_choice', { tools, tool_choice: { type: 'function', function: { name: 'unknown' } } }],
    ['tool_choice', { tool_choice: 'required' }],
    ['tools', { messages: used }],
    ['tool_choice', { messages: used, tools, tool_choice: 'none' }],
    ['messages[1].tool_calls', { messages: [...asked, { role: 'assistant', tool_calls: {} }] }],
    ['messages[1].tool_calls[0].type', { messages: calling({ id: 'a', type: 'custom' }) }],
    ['messages[1].tool_calls[0].id', { messages: calling({ ...call({}), id: 'a b' }) }],
    [
      'messages[1].tool_calls[0].function.arguments',
      { messages: calling(call({ arguments: '{"secret' })) },
    ],
    [
      'messages[1].tool_calls[0].function.arguments',
      { messages: calling(call({ arguments: '["secret"]' })) },
    ],
    [
      'messages[1].tool_call_id',
      { messages: [...asked, { role: 'tool', content: 'x', tool_call_id: '' }] },
    ],
    [
      'messages[1].content[0].type',
      {
        messages: [
          ...asked,
          { role: 'tool', tool_call_id: 'a', content: [{ type: 'image_url', image_url: {} }] },
        ],
      },
    ],
  ])('are refused by the name of %s', (field, differs) => {
    expect(() => requestOf(differs)).toThrow(`${field}: `);
    expect(() => requestOf(differs)).not.toThrow('secret');
  });
});

describe('pictures and files', () => {
  const said = (part: object) => requestOf({ messages: [{ role: 'user', content: [part] }] });
  const text = { type: 'text', text: 'what is it?' };

  it.each([
    ['png', 'png'],
    ['jpeg', 'jpeg'],
    ['JPG', 'jpeg'],
    ['gif', 'gif'],
    ['webp', 'webp'],
  ])('are read where they come as data: URLs of image/%s', (type, format) => {
    const url = `data:image/${type};base64,aGVsbG8=`;
    const content = [text, { type: 'image_url', image_url: { url, detail: 'high' } }, text];
    expect(requestOf({ messages: [{ role: 'user', content }] }).messages).toEqual([
      {
        role: 'user',
        content: [
          { text: 'what is it?' },
          { image: { format, source: { bytes: 'aGVsbG8=' } } },
          { text: 'what is it?' },
        ],
      },
    ]);
  });

  it.each([
    ['a.pdf', 'application/pdf', { format: 'pdf', name: 'a' }],
    ['Q3 – report_(1).csv', 'text/csv', { format: 'csv', name: 'Q3 report (1)' }],
    ['', 'text/markdown', { format: 'md', name: 'document' }],
    ['ü.txt', 'text/plain', { format: 'txt', name: 'document' }],
  ])('are documents: %s', (filename, type, expected) => {
    const file = { filename, file_data: `data:${type};base64,aGVsbG8=` };
    expect(said({ type: 'file', file }).messages[0]?.content).toEqual([
      { document: { ...expected, source: { bytes: 'aGVsbG8=' } } },
    ]);
  });

  it('are cached up to where that is asked for', () => {
    const breakpoint = { prompt_cache_breakpoint: { mode: 'explicit' } };
    const content = [{ ...text, ...breakpoint }, text];
    const point = { cachePoint: { type: 'default' } };
    const system = { role: 'system', content: [{ ...text, ...breakpoint }] };
    const request = requestOf({ messages: [system, { role: 'user', content }] });
    expect(request.system).toEqual([{ text: text.text }, point]);
    expect(request.messages[0]?.content).toEqual([{ text: text.text }, point, { text: text.text }]);
  });

  const image = (url: unknown, differs = {}) => ({
    type: 'image_url',
    image_url: { url, ...differs },
  });
  const at = 'messages[0].content[0]';
  it.each([
    [`${at}.image_url.url`, image('https://secret.example/cat.png')],
    [`${at}.image_url.url`, image('http://169.254.169.254/secret')],
    [`${at}.image_url.url`, image('data:image/png;base64,')],
    [`${at}.image_url.url`, image('data:image/png;base64,not base64')],
    [`${at}.image_url.url`, image('data:image/png;base64,aGVsbG8')],
    [`${at}.image_url.url`, image('data:image/svg+xml;base64,aGVsbG8=')],
    [`${at}.image_url.url`, image('data:text/html,secret')],
    [`${at}.image_url.url`, image(7)],
    [`${at}.image_url.detail`, image('data:image/png;base64,aGVsbG8=', { detail: 'low' })],
    [`${at}.file.file_id`, { type: 'file', file: { file_id: 'file-secret' } }],
    [`${at}.file.file_data`, { type: 'file', file: { filename: 'secret' } }],
    [
      `${at}.prompt_cache_breakpoint.ttl`,
      { ...text, prompt_cache_breakpoint: { mode: 'explicit', ttl: '30m' } },
    ],
  ])('are refused by the name of %s, and nothing is fetched', (field, part) => {
    expect(() => said(part)).toThrow(`${field}: `);
    expect(() => said(part)).not.toThrow('secret');
  });
});
