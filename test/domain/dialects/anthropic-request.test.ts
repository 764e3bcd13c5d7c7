import { describe, expect, it } from '@jest/globals';
import {
  anthropicBetas,
  parseAnthropicCount,
  parseAnthropicMessages,
} from '../../../domain/dialects/anthropic-request.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';

const CLAUDE = 'us.anthropic.claude-opus-5-5';
const hello = { role: 'user', content: 'hello' };
const asked = { model: CLAUDE, max_tokens: 100, messages: [hello] };
const parse = (differs: object, betas: readonly string[] = []) =>
  parseAnthropicMessages({ ...asked, ...differs }, betas);
const user = (...content: unknown[]) => ({ messages: [{ role: 'user', content }] });
const contentOf = (...content: unknown[]) => parse(user(...content)).request.messages[0]?.content;

const PNG = { type: 'base64', media_type: 'image/png', data: 'AQID' };
const PDF = { type: 'base64', media_type: 'application/pdf', data: 'AQID' };
const TEXT = { type: 'text', text: 'hello' };
const HOUR = { cache_control: { type: 'ephemeral', ttl: '1h' } };
const CACHED = { cache_control: { type: 'ephemeral' } };
const WEATHER = { name: 'weather', input_schema: { type: 'object' } };
const SPEC = { toolSpec: { name: 'weather', inputSchema: { json: { type: 'object' } } } };

describe('a field of the request', () => {
  it('is in the call where it is the same for every dialect', () => {
    expect(parse({ stream: true })).toMatchObject({
      ...{ kind: 'converse', api: 'anthropic.messages', modelRequested: CLAUDE },
      ...{ maxTokens: 100, stream: true },
    });
  });

  it.each([
    ['system', { system: 'brief' }, { system: [{ text: 'brief' }] }],
    [
      'system, cached',
      { system: [TEXT, { ...TEXT, ...HOUR }] },
      {
        system: [
          { text: 'hello' },
          { text: 'hello' },
          { cachePoint: { type: 'default', ttl: '1h' } },
        ],
      },
    ],
    [
      'temperature, top_p, stop_sequences',
      { temperature: 0.5, top_p: 0.9, stop_sequences: ['END'] },
      {
        inferenceConfig: { temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
        additionalModelResponseFieldPaths: ['/stop_sequence'],
      },
    ],
    ['top_k', { top_k: 5 }, { additionalModelRequestFields: { top_k: 5 } }],
    [
      'thinking with a budget',
      { thinking: { type: 'enabled', budget_tokens: 1024 } },
      { additionalModelRequestFields: { thinking: { type: 'enabled', budget_tokens: 1024 } } },
    ],
    [
      'thinking as the model likes',
      { thinking: { type: 'adaptive' }, output_config: { effort: 'high' } },
      {
        additionalModelRequestFields: {
          thinking: { type: 'adaptive' },
          output_config: { effort: 'high' },
        },
      },
    ],
    [
      'metadata',
      { metadata: { user_id: 'u1' } },
      { additionalModelRequestFields: { metadata: { user_id: 'u1' } } },
    ],
    [
      'metadata, for a model without',
      { model: 'amazon.nova-lite-v1:0', metadata: { user_id: 'u1' } },
      {},
    ],
    [
      'a field that nobody knows yet',
      { new_thing: { a: 1 } },
      { additionalModelRequestFields: { new_thing: { a: 1 } } },
    ],
    ['service_tier auto', { service_tier: 'auto' }, {}],
    [
      'service_tier standard_only',
      { service_tier: 'standard_only' },
      { serviceTier: { type: 'default' } },
    ],
    ['service_tier flex', { service_tier: 'flex' }, { serviceTier: { type: 'flex' } }],
    ['speed standard', { speed: 'standard' }, {}],
    ['what is null', { container: null, inference_geo: null, new_thing: null, system: null }, {}],
    ['tools', { tools: [WEATHER] }, { toolConfig: { tools: [SPEC] } }],
    [
      'tools, with all that Converse knows',
      { tools: [{ ...WEATHER, type: 'custom', description: 'd', strict: true, ...CACHED }] },
      {
        toolConfig: {
          tools: [
            { toolSpec: { ...SPEC.toolSpec, description: 'd', strict: true } },
            { cachePoint: { type: 'default' } },
          ],
        },
      },
    ],
    [
      'tools that Anthropic defined',
      { tools: [{ type: 'bash_20250124', name: 'bash' }] },
      { additionalModelRequestFields: { tools: [{ type: 'bash_20250124', name: 'bash' }] } },
    ],
    [
      'tool_choice auto',
      { tools: [WEATHER], tool_choice: { type: 'auto' } },
      { toolConfig: { tools: [SPEC], toolChoice: { auto: {} } } },
    ],
    [
      'tool_choice any',
      { tools: [WEATHER], tool_choice: { type: 'any' } },
      { toolConfig: { tools: [SPEC], toolChoice: { any: {} } } },
    ],
    [
      'tool_choice of one',
      { tools: [WEATHER], tool_choice: { type: 'tool', name: 'weather' } },
      { toolConfig: { tools: [SPEC], toolChoice: { tool: { name: 'weather' } } } },
    ],
    ['tool_choice none', { tools: [WEATHER], tool_choice: { type: 'none' } }, {}],
    [
      'tool_choice, one tool at a time',
      {
        tools: [WEATHER],
        tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
      },
      {
        toolConfig: { tools: [SPEC] },
        additionalModelRequestFields: {
          tool_choice: { type: 'tool', name: 'weather', disable_parallel_tool_use: true },
        },
      },
    ],
  ] as [string, object, object][])(
    'is translated, and nothing else is: %s',
    (_field, differs, request) => {
      expect(parse(differs).request).toEqual({
        messages: [{ role: 'user', content: [{ text: 'hello' }] }],
        inferenceConfig: {},
        ...request,
      });
    },
  );

  it('caches up to the end of the request where the request itself says so', () => {
    expect(parse(CACHED).request.messages).toEqual([
      { role: 'user', content: [{ text: 'hello' }, { cachePoint: { type: 'default' } }] },
    ]);
  });

  it('leaves earlier uses of tools explained where no more are wanted', () => {
    const used = {
      role: 'assistant',
      content: [{ type: 'tool_use', id: 't', name: 'weather', input: {} }],
    };
    const { request } = parse({
      messages: [hello, used],
      ...{ tools: [WEATHER], tool_choice: { type: 'none' } },
    });

    expect(request.toolConfig).toEqual({ tools: [SPEC] });
    expect(request.additionalModelRequestFields).toEqual({ tool_choice: { type: 'none' } });
  });

  it('has the names of betas beside it', () => {
    const betas = anthropicBetas([
      ['Anthropic-Beta', 'a-2025-01-01, b'],
      ['anthropic-beta', 'c'],
      ['anthropic-version', '2023-06-01'],
    ]);
    expect(betas).toEqual(['a-2025-01-01', 'b', 'c']);
    expect(parse({}, betas).request.additionalModelRequestFields).toEqual({
      anthropic_beta: betas,
    });
    expect(() => anthropicBetas([['anthropic-beta', 'a,,b']])).toThrow(BadRequest);
    expect(() => anthropicBetas([['anthropic-beta', '{"a":1}']])).toThrow(BadRequest);
  });

  it('counts the same conversation without an answer', () => {
    const { messages, model } = asked;
    const count = parseAnthropicCount({ model, messages, thinking: { type: 'adaptive' } }, []);

    expect(count).toMatchObject({ modelRequested: CLAUDE, maxTokens: null, stream: false });
    expect(count.request.additionalModelRequestFields).toEqual({ thinking: { type: 'adaptive' } });
    expect(() => parseAnthropicCount(asked, [])).toThrow('max_tokens');
    expect(() => parseAnthropicCount({ model, messages, stream: true }, [])).toThrow('stream');
  });
});

describe('a block of content', () => {
  it.each([
    [TEXT, { text: 'hello' }],
    [{ type: 'image', source: PNG }, { image: { format: 'png', source: { bytes: 'AQID' } } }],
    [
      {
        type: 'document',
        source: PDF,
        title: 'Q3: report/1',
        context: 'c',
        citations: { enabled: true },
      },
      {
        document: {
          ...{ format: 'pdf', name: 'Q3 report 1', source: { bytes: 'AQID' } },
          ...{ context: 'c', citations: { enabled: true } },
        },
      },
    ],
    [
      { type: 'document', source: { type: 'text', media_type: 'text/plain', data: 'hello' } },
      { document: { format: 'txt', name: 'document 1', source: { text: 'hello' } } },
    ],
    [
      { type: 'document', source: { type: 'content', content: [TEXT] } },
      { document: { format: 'txt', name: 'document 1', source: { content: [{ text: 'hello' }] } } },
    ],
    [
      {
        type: 'search_result',
        source: 's',
        title: 't',
        content: [TEXT],
        citations: { enabled: true },
      },
      {
        searchResult: {
          ...{
            source: 's',
            title: 't',
            content: [{ text: 'hello' }],
            citations: { enabled: true },
          },
        },
      },
    ],
    [
      { type: 'tool_use', id: 't', name: 'n', input: { a: 1 }, caller: { type: 'direct' } },
      { toolUse: { toolUseId: 't', name: 'n', input: { a: 1 } } },
    ],
    [
      { type: 'tool_result', tool_use_id: 't', content: 'ok' },
      { toolResult: { toolUseId: 't', content: [{ text: 'ok' }] } },
    ],
    [
      {
        type: 'tool_result',
        tool_use_id: 't',
        is_error: true,
        content: [TEXT, { type: 'image', source: PNG }],
      },
      {
        toolResult: {
          toolUseId: 't',
          content: [{ text: 'hello' }, { image: { format: 'png', source: { bytes: 'AQID' } } }],
          status: 'error',
        },
      },
    ],
    [{ type: 'tool_result', tool_use_id: 't' }, { toolResult: { toolUseId: 't', content: [] } }],
    [
      { type: 'thinking', thinking: 'a', signature: 's' },
      { reasoningContent: { reasoningText: { text: 'a', signature: 's' } } },
    ],
    [{ type: 'redacted_thinking', data: 'd' }, { reasoningContent: { redactedContent: 'd' } }],
  ] as [object, object][])('is translated: %j', (block, translated) => {
    expect(contentOf(block)).toEqual([translated]);
    expect(contentOf({ ...block, ...HOUR })).toEqual([
      translated,
      { cachePoint: { type: 'default', ttl: '1h' } },
    ]);
  });

  it('that is a document has a name of its own', () => {
    const source = { type: 'text', media_type: 'text/plain', data: 'x' };
    const named = contentOf(
      { type: 'document', source, title: 'a' },
      { type: 'document', source, title: 'a' },
      { type: 'document', source, title: '…' },
      { type: 'document', source },
    );

    expect(named?.map(({ document }) => document?.name)).toEqual([
      'a',
      'a 2',
      'document 3',
      'document 4',
    ]);
  });

  it('of neighbours of one role is in one message', () => {
    const assistant = { role: 'assistant', content: 'hi' };
    expect(
      parse({ messages: [hello, hello, assistant, assistant, hello] }).request.messages,
    ).toEqual([
      { role: 'user', content: [{ text: 'hello' }, { text: 'hello' }] },
      { role: 'assistant', content: [{ text: 'hi' }, { text: 'hi' }] },
      { role: 'user', content: [{ text: 'hello' }] },
    ]);
  });
});

describe('hostile input', () => {
  const secret = 'SECRET-PROMPT';

  it.each([
    ['no object', 'text', /^body/],
    ['a list', [asked], /^body/],
    ['null', null, /^body/],
    ['no model', { ...asked, model: undefined }, /^model/],
    ['a model that is a list', { ...asked, model: [CLAUDE] }, /^model/],
    ['no cap', { ...asked, max_tokens: undefined }, /^max_tokens/],
    ['a cap below one', { ...asked, max_tokens: 0 }, /^max_tokens/],
    ['a cap that is text', { ...asked, max_tokens: '100' }, /^max_tokens/],
    ['a second cap', { ...asked, max_gen_len: 5 }, /^max_gen_len/],
    [
      'a second cap of another family',
      { ...asked, inferenceConfig: { maxTokens: 5 } },
      /^inferenceConfig/,
    ],
    ['several answers', { ...asked, n: 3 }, /^n:/],
    ['no messages', { ...asked, messages: [] }, /^messages/],
    ['messages that are text', { ...asked, messages: secret }, /^messages/],
    [
      'another role',
      { ...asked, messages: [{ role: 'system', content: secret }] },
      /^messages\[0\].role/,
    ],
    [
      'content of a number',
      { ...asked, messages: [{ role: 'user', content: 5 }] },
      /^messages\[0\].content/,
    ],
    ['a block that is text', { ...asked, ...user(secret) }, /^messages\[0\].content\[0\].type/],
    ['a block that is null', { ...asked, ...user(null) }, /^messages\[0\].content\[0\].type/],
    [
      'an unknown block',
      { ...asked, ...user({ type: 'server_tool_use', name: secret }) },
      /content\[0\].type/,
    ],
    ['a prototype for a type', { ...asked, ...user({ type: 'constructor' }) }, /content\[0\].type/],
    ['an unknown field of a block', { ...asked, ...user({ ...TEXT, extra: secret }) }, /extra/],
    [
      'a field of the prototype',
      JSON.parse(
        `{"model":"m","max_tokens":1,"messages":[{"role":"user","content":"x"}],"__proto__":{"a":1}}`,
      ),
      /plain/,
    ],
    [
      'a picture from elsewhere',
      { ...asked, ...user({ type: 'image', source: { type: 'url', url: secret } }) },
      /source.type.*nothing is fetched/,
    ],
    [
      'a file kept elsewhere',
      { ...asked, ...user({ type: 'document', source: { type: 'file', file_id: secret } }) },
      /source.type/,
    ],
    [
      'a picture of another kind',
      { ...asked, ...user({ type: 'image', source: { ...PNG, media_type: 'image/svg+xml' } }) },
      /media_type/,
    ],
    [
      'bytes that are none',
      { ...asked, ...user({ type: 'image', source: { ...PNG, data: `${secret}!` } }) },
      /source.data/,
    ],
    ['a cache without a kind', { ...asked, cache_control: {} }, /cache_control.type/],
    [
      'a cache for ever',
      { ...asked, ...user({ ...TEXT, cache_control: { type: 'ephemeral', ttl: '1y' } }) },
      /cache_control.ttl/,
    ],
    [
      'a cache inside a result',
      {
        ...asked,
        ...user({ type: 'tool_result', tool_use_id: 't', content: [{ ...TEXT, ...CACHED }] }),
      },
      /cache_control/,
    ],
    [
      'a tool that Anthropic would run',
      { ...asked, tools: [{ type: 'web_search_20250305', name: 'web_search' }] },
      /^tools\[0\].type/,
    ],
    ['a tool without a schema', { ...asked, tools: [{ name: 'n' }] }, /^tools\[0\].input_schema/],
    [
      'a tool that is loaded later',
      { ...asked, tools: [{ ...WEATHER, defer_loading: true }] },
      /^tools\[0\].defer_loading/,
    ],
    [
      'a tool that code calls',
      { ...asked, tools: [{ ...WEATHER, allowed_callers: ['code_execution_20260120'] }] },
      /allowed_callers/,
    ],
    ['a choice that is none', { ...asked, tool_choice: { type: 'some' } }, /^tool_choice.type/],
    ['a choice without a name', { ...asked, tool_choice: { type: 'tool' } }, /^tool_choice.name/],
    ['a tier nobody sells', { ...asked, service_tier: 'batch' }, /^service_tier/],
    ['another speed', { ...asked, speed: 'fast' }, /^speed/],
    ['a workspace', { ...asked, workspace_id: 'w' }, /^workspace_id/],
    ['a container', { ...asked, container: 'c' }, /^container/],
    ['servers to be called', { ...asked, mcp_servers: [{ url: secret }] }, /^mcp_servers/],
    ['betas in the body', { ...asked, anthropic_beta: ['x'] }, /^anthropic_beta/],
    ['a name that is not plain', { ...asked, [secret]: 1 }, /plain/],
    ['thinking that is text', { ...asked, thinking: secret }, /^thinking/],
    ['stops that are no texts', { ...asked, stop_sequences: [1] }, /^stop_sequences/],
    ['more metadata', { ...asked, metadata: { tenant: 't_other' } }, /^metadata.tenant/],
    [
      'a citation of the web',
      { ...asked, ...user({ ...TEXT, citations: [{ type: 'web_search_result_location' }] }) },
      /citations\[0\].type/,
    ],
  ] as [string, unknown, RegExp][])(
    'is refused by name, and nothing of it is repeated: %s',
    (_what, body, message) => {
      const refused = () => parseAnthropicMessages(body, []);

      expect(refused).toThrow(BadRequest);
      expect(refused).toThrow(message);
      expect(refused).not.toThrow(secret);
    },
  );
});
