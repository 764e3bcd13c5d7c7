import { describe, expect, it } from '@jest/globals';
import { parseOpenAiResponses } from '../../../domain/dialects/openai-responses.ts';
import {
  createResponsesStream,
  openAiResponse,
} from '../../../domain/dialects/openai-responses-reply.ts';
import { mintEventId } from '../../../domain/event-id.ts';
import type { ModelEvent, StopReason } from '../../../domain/model-call.ts';

const id = mintEventId(Date.parse('2026-02-01T10:00:00.999Z'), new Uint8Array(10));
const usage = { input: 100, cache_read: 30, cache_write_5m: 20, cache_write_1h: 10, output: 7 };

function requestOf(differs: object = {}) {
  return parseOpenAiResponses({ model: 'm.m', input: 'hello', ...differs });
}

function endOf(stopReason: StopReason = 'end_turn'): ModelEvent {
  const served = { tier: 'flex', latencyClass: 'standard', upstreamId: 'u' } as const;
  return { type: 'end', stopReason, usage, ...served };
}

const text = (words: string): ModelEvent => ({ type: 'text', text: words });
const BLOCK_END: ModelEvent = { type: 'block_end' };
const called: readonly ModelEvent[] = [
  { type: 'reasoning', text: 'h' },
  { type: 'reasoning', text: 'm' },
  { type: 'reasoning_signature', signature: 'sig' },
  BLOCK_END,
  text('I '),
  BLOCK_END,
  text('look.'),
  BLOCK_END,
  { type: 'tool_use', toolUseId: 'tooluse_1', name: 'look' },
  { type: 'tool_input', json: '{"a"' },
  { type: 'tool_input', json: ':1}' },
  BLOCK_END,
  { type: 'tool_use', toolUseId: 'tooluse_2', name: 'noop' },
  BLOCK_END,
  endOf('tool_use'),
];

const streamed = (events: readonly ModelEvent[], differs: object = {}) =>
  events.flatMap(createResponsesStream(requestOf(differs), id));
const typesOf = (events: readonly { readonly type: string }[]) =>
  events.map(({ type }) => type.slice('response.'.length));

describe('a whole response', () => {
  it('holds what was said, thought and asked of tools, and what was used', () => {
    expect(openAiResponse(requestOf({ temperature: 0.5 }), id, called)).toMatchObject({
      ...{ id: `resp_${id}`, object: 'response', status: 'completed', model: 'm.m', error: null },
      ...{ created_at: Date.parse('2026-02-01T10:00:00Z') / 1000, store: false, temperature: 0.5 },
      ...{ incomplete_details: null, previous_response_id: null, service_tier: 'flex' },
      output: [
        { type: 'reasoning', summary: [{ type: 'summary_text', text: 'hm' }] },
        {
          ...{ type: 'message', role: 'assistant', status: 'completed' },
          content: [{ type: 'output_text', text: 'I look.', annotations: [] }],
        },
        { type: 'function_call', call_id: 'tooluse_1', name: 'look', arguments: '{"a":1}' },
        { type: 'function_call', call_id: 'tooluse_2', name: 'noop', arguments: '{}' },
      ],
      usage: {
        ...{ input_tokens: 160, output_tokens: 7, total_tokens: 167 },
        input_tokens_details: { cached_tokens: 30, cache_write_tokens: 30 },
        output_tokens_details: {},
      },
    });
  });

  it('names every item once', () => {
    const { output } = openAiResponse(requestOf(), id, called) as { output: { id: string }[] };

    expect(new Set(output.map((item) => item.id)).size).toBe(4);
    expect(output.every((item) => item.id.includes(id))).toBe(true);
  });

  it('carries reasoning back to the model only where that was asked for', () => {
    const include = ['reasoning.encrypted_content'];
    const [thought] = (openAiResponse(requestOf({ include }), id, called) as { output: object[] })
      .output;
    const [untold] = (openAiResponse(requestOf(), id, called) as { output: object[] }).output;

    expect(untold).not.toHaveProperty('encrypted_content');
    const again = parseOpenAiResponses({
      model: 'm.m',
      input: [{ role: 'user', content: 'x' }, thought],
    });
    expect(again.call.request.messages[1]?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'hm', signature: 'sig' } } },
    ]);
  });

  it.each([
    ['max_tokens', 'max_output_tokens'],
    ['content_filtered', 'content_filter'],
    ['guardrail_intervened', 'content_filter'],
  ] as const)('says why it is not whole: %s', (stopReason, reason) => {
    const events = [text('half'), BLOCK_END, endOf(stopReason)];
    expect(openAiResponse(requestOf(), id, events)).toMatchObject({
      ...{ status: 'incomplete', incomplete_details: { reason } },
      output: [{ status: 'incomplete' }],
    });
    expect(typesOf(streamed(events)).at(-1)).toBe('incomplete');
  });

  it('knows that no token went into reasoning where there was none', () => {
    expect(openAiResponse(requestOf(), id, [text('a'), endOf()])).toMatchObject({
      usage: { output_tokens_details: { reasoning_tokens: 0 } },
    });
  });

  it('is the input of the tool that stands for an answer in JSON', () => {
    const events: readonly ModelEvent[] = [
      text('Here it is:'),
      BLOCK_END,
      { type: 'tool_use', toolUseId: 't', name: 'thing' },
      { type: 'tool_input', json: '{"a":1}' },
      BLOCK_END,
      endOf('tool_use'),
    ];
    const format = { type: 'json_schema', name: 'thing', schema: {} };
    expect(openAiResponse(requestOf({ text: { format } }), id, events)).toMatchObject({
      ...{ status: 'completed', output: [{ content: [{ text: '{"a":1}' }] }] },
    });
  });
});

describe('a streamed response', () => {
  it('opens, fills and closes each item, and numbers its events', () => {
    const events = streamed(called);

    expect(events.map((event) => event.sequence_number)).toEqual(events.map((_, at) => at));
    expect(typesOf(events)).toEqual([
      ...['created', 'in_progress', 'output_item.added', 'reasoning_summary_part.added'],
      ...['reasoning_summary_text.delta', 'reasoning_summary_text.delta'],
      ...['reasoning_summary_text.done', 'reasoning_summary_part.done', 'output_item.done'],
      ...['output_item.added', 'content_part.added', 'output_text.delta', 'output_text.delta'],
      ...['output_text.done', 'content_part.done', 'output_item.done'],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.delta'],
      ...['function_call_arguments.done', 'output_item.done'],
      ...['output_item.added', 'function_call_arguments.delta', 'function_call_arguments.done'],
      ...['output_item.done', 'completed'],
    ]);
  });

  it('says at every event which item it is of', () => {
    const events = streamed(called);
    const added = events.filter(({ type }) => type === 'response.output_item.added');

    expect(added.map((event) => event['output_index'])).toEqual([0, 1, 2, 3]);
    for (const event of events.filter((one) => 'item_id' in one)) {
      const { item } = added[event['output_index'] as number] as unknown as { item: object };
      expect(item).toMatchObject({ id: event['item_id'], status: 'in_progress' });
    }
  });

  it('is whole even if the model says nothing', () => {
    expect(typesOf(streamed([endOf()]))).toEqual(['created', 'in_progress', 'completed']);
  });
});
