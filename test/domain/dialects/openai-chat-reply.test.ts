import { describe, expect, it } from '@jest/globals';
import {
  createOpenAiStream,
  openAiCompletion,
  openAiUsage,
} from '../../../domain/dialects/openai-chat-reply.ts';
import {
  openAiDialect,
  openAiError,
  openAiResponsesDialect,
} from '../../../domain/dialects/openai-error.ts';
import { mintEventId } from '../../../domain/event-id.ts';
import type { ConverseCall, ModelEvent, StopReason } from '../../../domain/model-call.ts';

const id = mintEventId(Date.parse('2026-02-01T10:00:00.999Z'), new Uint8Array(10));
const usage = { input: 100, cache_read: 30, cache_write_5m: 20, cache_write_1h: 10, output: 7 };
const call: ConverseCall = {
  ...{ kind: 'converse', api: 'openai.chat', modelRequested: 'm', maxTokens: 9, stream: true },
  request: { messages: [] },
};

function endOf(stopReason: StopReason = 'end_turn'): ModelEvent {
  const served = { tier: 'standard', latencyClass: 'standard', upstreamId: 'u' } as const;
  return { type: 'end', stopReason, usage, ...served };
}

const said: readonly ModelEvent[] = [
  { type: 'text', text: 'Hel' },
  { type: 'text', text: 'lo\n' },
  endOf(),
];

function streamed(events: readonly ModelEvent[], includeUsage = false): readonly string[] {
  return events.flatMap(createOpenAiStream({ call, includeUsage, answerTool: null }, id));
}

describe('usage in the words of OpenAI', () => {
  it('counts cached tokens into the prompt, as OpenAI does', () => {
    expect(openAiUsage(usage)).toEqual({
      prompt_tokens: 160,
      completion_tokens: 7,
      total_tokens: 167,
      prompt_tokens_details: { cached_tokens: 30, cache_write_tokens: 30 },
    });
  });
});

describe('a whole answer', () => {
  it('joins the text and says what was used', () => {
    expect(
      openAiCompletion({ call, includeUsage: false, answerTool: null }, id, said),
    ).toMatchObject({
      id: `chatcmpl-${id}`,
      object: 'chat.completion',
      created: Date.parse('2026-02-01T10:00:00Z') / 1000,
      model: 'm',
      choices: [
        { index: 0, message: { role: 'assistant', content: 'Hello\n' }, finish_reason: 'stop' },
      ],
      usage: { total_tokens: 167 },
    });
  });

  it.each([
    ['end_turn', 'stop'],
    ['stop_sequence', 'stop'],
    ['max_tokens', 'length'],
    ['content_filtered', 'content_filter'],
  ] as const)('translates the stop reason %s', (reason, finish) => {
    const { choices } = openAiCompletion({ call, includeUsage: false, answerTool: null }, id, [
      endOf(reason),
    ]);

    expect(choices[0]?.finish_reason).toBe(finish);
  });
});

describe('a streamed answer', () => {
  it('begins with the role, ends with the reason and [DONE], one line per payload', () => {
    const payloads = streamed(said);

    expect(payloads.at(-1)).toBe('[DONE]');
    expect(payloads.join('')).not.toContain('\n');
    const chunks = payloads.slice(0, -1).map((text) => JSON.parse(text) as Chunk);
    expect(chunks.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { content: 'Hel' },
      { content: 'lo\n' },
      {},
    ]);
    expect(chunks.map(({ choices }) => choices[0]?.finish_reason)).toEqual([
      null,
      null,
      null,
      'stop',
    ]);
    expect(chunks.every((chunk) => !('usage' in chunk))).toBe(true);
  });

  it('says what was used in a last chunk of its own, and null before, where that was asked for', () => {
    const chunks = streamed(said, true).slice(0, -1);
    const parsed = chunks.map((text) => JSON.parse(text) as Chunk);

    expect(parsed.slice(0, -1).every((chunk) => chunk.usage === null)).toBe(true);
    expect(parsed.at(-1)).toMatchObject({ choices: [], usage: { total_tokens: 167 } });
  });

  it('is whole even if the model says nothing', () => {
    expect(streamed([endOf()])).toHaveLength(3);
  });
});

describe('tools and reasoning', () => {
  const events: readonly ModelEvent[] = [
    { type: 'reasoning', text: 'hm' },
    { type: 'reasoning_signature', signature: 's' },
    { type: 'block_end' },
    { type: 'tool_use', toolUseId: 't1', name: 'look' },
    { type: 'tool_input', json: '{"a"' },
    { type: 'tool_input', json: ':1}' },
    { type: 'block_end' },
    { type: 'tool_use', toolUseId: 't2', name: 'noop' },
    { type: 'block_end' },
    endOf('tool_use'),
  ];
  const request = { call, includeUsage: false, answerTool: null };

  it('are in the message of a whole answer', () => {
    expect(openAiCompletion(request, id, events).choices).toEqual([
      {
        index: 0,
        message: {
          ...{ role: 'assistant', content: null, refusal: null, reasoning_content: 'hm' },
          tool_calls: [
            { id: 't1', type: 'function', function: { name: 'look', arguments: '{"a":1}' } },
            { id: 't2', type: 'function', function: { name: 'noop', arguments: '{}' } },
          ],
        },
        logprobs: null,
        finish_reason: 'tool_calls',
      },
    ]);
  });

  it('are streamed in pieces, by index', () => {
    const chunks = streamed(events).slice(0, -1);
    const parsed = chunks.map((chunk) => JSON.parse(chunk) as Chunk);

    expect(parsed.map(({ choices }) => choices[0]?.delta)).toEqual([
      { role: 'assistant', content: '', refusal: null },
      { reasoning_content: 'hm' },
      {
        tool_calls: [
          { index: 0, id: 't1', type: 'function', function: { name: 'look', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 0, function: { arguments: '{"a"' } }] },
      { tool_calls: [{ index: 0, function: { arguments: ':1}' } }] },
      {
        tool_calls: [
          { index: 1, id: 't2', type: 'function', function: { name: 'noop', arguments: '' } },
        ],
      },
      { tool_calls: [{ index: 1, function: { arguments: '{}' } }] },
      {},
    ]);
  });

  it('are text and no tool where a tool stands for an answer in JSON', () => {
    const answer = { ...request, answerTool: 'look' };
    const { choices } = openAiCompletion(answer, id, [{ type: 'text', text: 'So: ' }, ...events]);

    expect(choices[0]).toMatchObject({ message: { content: '{"a":1}' }, finish_reason: 'stop' });
    expect(choices[0]?.message).not.toHaveProperty('tool_calls');
  });
});

interface Chunk {
  readonly choices: readonly { readonly delta: object; readonly finish_reason: string | null }[];
  readonly usage?: object | null;
}

describe('an error', () => {
  const quota = { status: 429, message: 'm', code: 'insufficient_quota', field: null };

  it('that waiting does not help is not tried again', () => {
    expect(openAiDialect.error(quota)).toMatchObject({
      body: { error: { type: 'insufficient_quota', code: 'insufficient_quota' } },
      headers: { 'x-should-retry': 'false' },
    });
    const busy = { ...quota, code: 'rate_limit_exceeded' };
    expect(openAiDialect.error(busy)).not.toHaveProperty('headers');
  });

  it('is an event with a name in the stream of a response', () => {
    const { piece } = openAiResponsesDialect.streamError(quota);
    const [name, data] = piece.trim().split('\n');

    expect(name).toBe('event: error');
    expect(JSON.parse(data?.slice('data: '.length) ?? '')).toMatchObject({
      ...{ type: 'error', message: 'm', code: 'insufficient_quota', param: null },
    });
  });

  it.each([
    [400, 'invalid_request_error'],
    [401, 'invalid_request_error'],
    [403, 'permission_error'],
    [429, 'rate_limit_error'],
    [502, 'server_error'],
  ])('of status %i has the type %s', (status, type) => {
    expect(openAiError({ status, message: 'm', code: 'c', field: 'f' })).toEqual({
      error: { message: 'm', type, param: 'f', code: 'c' },
    });
  });
});
