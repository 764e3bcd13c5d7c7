import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import Anthropic from '@anthropic-ai/sdk';
import type { ClientOptions } from '@anthropic-ai/sdk';
import type { ModelCall } from '../../domain/model-call.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { MODEL, USAGE, WORDS, answerOf, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';

const TEXT = WORDS.join('');
const messages = [{ role: 'user' as const, content: 'hello' }];
const asked = { model: MODEL, max_tokens: 100, messages };
const SAID = {
  ...{ input_tokens: 11, output_tokens: 20 },
  ...{ cache_creation_input_tokens: 5, cache_read_input_tokens: 5 },
};
const SPLIT = { ephemeral_5m_input_tokens: 3, ephemeral_1h_input_tokens: 2 };
const CITATION = {
  ...{ title: 'a', sourceContent: [{ text: 'grass' }] },
  location: { documentChar: { documentIndex: 0, start: 4, end: 9 } },
};

const SCRIPTS: Readonly<Record<string, Partial<SimulatedAnswer>>> = {
  tools: {
    text: [
      { type: 'reasoning', text: 'I need ' },
      { type: 'reasoning', text: 'the weather.' },
      { type: 'reasoning_signature', signature: 'c2ln' },
      { type: 'redacted_reasoning', data: 'AAAA' },
      { type: 'redacted_reasoning', data: 'BBBB' },
      'Let me look.',
      { type: 'tool_use', toolUseId: 't1', name: 'weather' },
      { type: 'tool_input', json: '{"city":' },
      { type: 'tool_input', json: '"Oslo"}' },
      { type: 'block_end' },
      { type: 'tool_use', toolUseId: 't2', name: 'now' },
    ],
    end: { stopReason: 'tool_use' },
  },
  cited: {
    text: ['Green.', { type: 'native', delta: { citation: CITATION } }],
  },
  stopped: {
    end: {
      stopReason: 'stop_sequence',
      tier: 'priority',
      details: { additionalModelResponseFields: { stop_sequence: 'END' } },
    },
  },
};

/** The prompt says what the simulated model does. */
function answer(call: ModelCall): SimulatedAnswer {
  const first = call.kind === 'converse' ? call.request.messages[0]?.content[0]?.text : undefined;
  const failures = ['throttled', 'client_error', 'upstream_error', 'timeout', 'cut'] as const;
  const failure = failures.find((word) => word === first);
  return answerOf(failure ? { failure } : (SCRIPTS[first ?? ''] ?? {}));
}

const CONTENT = [
  { type: 'thinking', thinking: 'I need the weather.', signature: 'c2ln' },
  { type: 'redacted_thinking', data: 'AAAA' },
  { type: 'redacted_thinking', data: 'BBBB' },
  { type: 'text', text: 'Let me look.' },
  { type: 'tool_use', id: 't1', name: 'weather', input: { city: 'Oslo' } },
  { type: 'tool_use', id: 't2', name: 'now', input: {} },
];

let harness: Harness;
let anthropic: Anthropic;
let calls: ModelCall[] = [];

function sdk(differs: ClientOptions = {}) {
  return new Anthropic({ apiKey: harness.key, baseURL: harness.url, maxRetries: 0, ...differs });
}

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => {
      calls.push(call);
      return answer(call);
    },
  });
  anthropic = sdk();
});

beforeEach(() => {
  calls = [];
});

afterAll(() => harness.stop());

const prompted = (content: string) => ({
  ...asked,
  messages: [{ role: 'user' as const, content }],
});

/** What the SDK makes of a call that must fail. */
async function failureOf(
  call: PromiseLike<unknown>,
): Promise<InstanceType<typeof Anthropic.APIError>> {
  const error: unknown = await Promise.resolve(call).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof Anthropic.APIError) return error;
  throw new Error('expected an APIError', { cause: error });
}

describe("Anthropic's SDK with another base URL", () => {
  it('gets an answer, and its usage line carries the id of the reply', async () => {
    const { data, request_id } = await anthropic.messages.create(asked).withResponse();

    expect(data).toMatchObject({ type: 'message', role: 'assistant', model: MODEL });
    expect(data.content).toEqual([{ type: 'text', text: TEXT, citations: null }]);
    expect([data.stop_reason, data.stop_sequence]).toEqual(['end_turn', null]);
    expect(data.usage).toEqual({ ...SAID, cache_creation: SPLIT, service_tier: 'standard' });
    expect(data.id).toBe(`msg_${request_id}`);
    expect(harness.lines().find(({ id }) => id === request_id)).toMatchObject({
      ...{ tenant: harness.tenant, api: 'anthropic.messages', model: MODEL, outcome: 'ok' },
      ...{ stream: false, ...USAGE },
    });
  });

  it('streams named events, in the order Anthropic promises', async () => {
    const types: string[] = [];
    for await (const event of await anthropic.messages.create({ ...asked, stream: true })) {
      if (types.at(-1) !== event.type) types.push(event.type);
    }

    expect(types).toEqual([
      ...['message_start', 'content_block_start', 'content_block_delta', 'content_block_stop'],
      ...['message_delta', 'message_stop'],
    ]);
    expect(harness.lines().at(-1)).toMatchObject({ api: 'anthropic.messages', stream: true });
  });

  it('helps itself to a whole answer from a stream, usage included', async () => {
    const message = await anthropic.messages.stream(asked).finalMessage();

    expect(message.content).toMatchObject([{ type: 'text', text: TEXT }]);
    expect(message.stop_reason).toBe('end_turn');
    expect(message.usage).toMatchObject(SAID);
  });

  it('is given thinking, text and tools, plain and streamed alike', async () => {
    const plain = await anthropic.messages.create(prompted('tools'));
    const streamed = await anthropic.messages.stream(prompted('tools')).finalMessage();

    for (const message of [plain, streamed]) {
      expect(message.stop_reason).toBe('tool_use');
      expect(message.content).toMatchObject(CONTENT);
      expect(message.content).toHaveLength(CONTENT.length);
    }
  });

  it('can send back the whole message it was answered with', async () => {
    const first = await anthropic.messages.create(prompted('tools'));
    const results = ['t1', 't2'].map((tool_use_id) => ({
      type: 'tool_result' as const,
      tool_use_id,
    }));
    calls = [];
    await anthropic.messages.create({
      ...asked,
      messages: [
        ...messages,
        { role: 'assistant', content: first.content },
        { role: 'user', content: results },
      ],
    });

    const [call] = calls;
    expect(call?.kind === 'converse' && call.request.messages[1]?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'I need the weather.', signature: 'c2ln' } } },
      { reasoningContent: { redactedContent: 'AAAA' } },
      { reasoningContent: { redactedContent: 'BBBB' } },
      { text: 'Let me look.' },
      { toolUse: { toolUseId: 't1', name: 'weather', input: { city: 'Oslo' } } },
      { toolUse: { toolUseId: 't2', name: 'now', input: {} } },
    ]);
  });

  it('is told what a text cites, and can send that back', async () => {
    const plain = await anthropic.messages.create(prompted('cited'));
    const streamed = await anthropic.messages.stream(prompted('cited')).finalMessage();
    const cited = {
      ...{ type: 'char_location', cited_text: 'grass', document_title: 'a', document_index: 0 },
      ...{ start_char_index: 4, end_char_index: 9, file_id: null },
    };

    for (const { content } of [plain, streamed]) {
      expect(content).toEqual([{ type: 'text', text: 'Green.', citations: [cited] }]);
    }
    calls = [];
    await anthropic.messages.create({
      ...asked,
      messages: [...messages, { role: 'assistant', content: plain.content }],
    });
    const [call] = calls;
    expect(call?.kind === 'converse' && call.request.messages[1]?.content).toEqual([
      { citationsContent: { content: [{ text: 'Green.' }], citations: [CITATION] } },
    ]);
  });

  it('is told which stop sequence was met and which tier was served', async () => {
    const message = await anthropic.messages.create({
      ...prompted('stopped'),
      stop_sequences: ['END'],
    });

    expect([message.stop_reason, message.stop_sequence]).toEqual(['stop_sequence', 'END']);
    expect(message.usage.service_tier).toBe('priority');
  });

  it('counts tokens, and neither reserves nor meters', async () => {
    const before = [harness.lines().length, harness.models.counts()];
    const counted = await anthropic.messages.countTokens({
      ...{ model: MODEL, system: 'brief', messages: [{ role: 'user', content: 'x'.repeat(35) }] },
    });

    expect(counted.input_tokens).toBe(10);
    expect([harness.lines().length, harness.models.counts()]).toEqual(before);
  });

  it('lists models and finds one, in its own words', async () => {
    const page = await anthropic.models.list();
    const model = await anthropic.models.retrieve(MODEL);

    expect(page.data.map(({ id }) => id)).toContain(MODEL);
    expect(page.has_more).toBe(false);
    expect(model).toMatchObject({ type: 'model', id: MODEL, display_name: MODEL });
    const error = await failureOf(anthropic.models.retrieve('none'));
    expect(error).toBeInstanceOf(Anthropic.NotFoundError);
    expect(error.type).toBe('not_found_error');
  });
});

describe('what the SDK throws', () => {
  it.each([
    ['throttled', 429, 'rate_limit_error'],
    ['client_error', 400, 'invalid_request_error'],
    ['upstream_error', 502, 'api_error'],
    ['timeout', 504, 'timeout_error'],
    ['cut', 502, 'api_error'],
  ])('for a model that fails: %s', async (word, status, type) => {
    const error = await failureOf(anthropic.messages.create(prompted(word)));

    expect([error.status, error.type]).toEqual([status, type]);
    expect(error.requestID).toMatch(/^[0-9a-f-]{36}$/);
  });

  it('for a stream that breaks: an error event in the place of its end', async () => {
    const error = await failureOf(anthropic.messages.stream(prompted('cut')).finalMessage());

    expect(error.type).toBe('api_error');
  });

  it('for a key that is none', async () => {
    const error = await failureOf(sdk({ apiKey: 'mk_local_nothing' }).messages.create(asked));

    expect(error).toBeInstanceOf(Anthropic.AuthenticationError);
    expect(error.type).toBe('authentication_error');
  });

  it('for a field that would not be honoured, by its name', async () => {
    const error = await failureOf(anthropic.messages.create({ ...asked, inference_geo: 'us' }));

    expect(error).toBeInstanceOf(Anthropic.BadRequestError);
    expect(error.message).toContain('inference_geo');
    expect(calls).toEqual([]);
  });
});
