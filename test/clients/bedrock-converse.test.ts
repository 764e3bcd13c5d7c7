import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { ConverseCommandInput, ConverseStreamOutput } from '@aws-sdk/client-bedrock-runtime';
import type { ModelCall } from '../../domain/model-call.ts';
import type { SimulatedAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { MODEL, USAGE, WORDS, answerOf, startGateway } from '../runtime/local/gateway-harness.ts';
import type { Harness } from '../runtime/local/gateway-harness.ts';
import { bedrockClient } from './bedrock-client.ts';

const TEXT = WORDS.join('');
const messages = [{ role: 'user' as const, content: [{ text: 'hello' }] }];
const WEATHER = { toolUseId: 'tooluse_1', name: 'weather' };
const CACHED = {
  ...{ inputTokens: 11, outputTokens: 20, totalTokens: 41 },
  ...{ cacheReadInputTokens: 5, cacheWriteInputTokens: 5 },
  cacheDetails: [
    { ttl: '1h', inputTokens: 2 },
    { ttl: '5m', inputTokens: 3 },
  ],
};

/** The prompt says what the simulated model does. */
function answer(call: ModelCall): SimulatedAnswer {
  const first = call.kind === 'converse' ? call.request.messages[0]?.content[0] : undefined;
  if (first?.text === 'tools') {
    return answerOf({
      text: [
        { type: 'reasoning', text: 'I need ' },
        { type: 'reasoning', text: 'the weather.' },
        { type: 'reasoning_signature', signature: 'c2ln' },
        'Let me look.',
        { type: 'tool_use', ...WEATHER },
        { type: 'tool_input', json: '{"city":' },
        { type: 'tool_input', json: '"Oslo"}' },
      ],
      end: { stopReason: 'tool_use', details: { metrics: { latencyMs: 7 } } },
    });
  }
  const failures = ['throttled', 'client_error', 'upstream_error', 'timeout', 'cut'] as const;
  const failure = failures.find((word) => word === first?.text);
  return answerOf(failure ? { failure } : {});
}

let harness: Harness;
let calls: ModelCall[] = [];
let client: ReturnType<typeof bedrockClient>;

beforeAll(async () => {
  harness = await startGateway({
    answer: (call) => {
      calls.push(call);
      return answer(call);
    },
  });
  client = bedrockClient(harness);
});

afterAll(async () => {
  client.destroy();
  await harness.stop();
});

function converse(differs: Partial<ConverseCommandInput> = {}) {
  return client.send(new ConverseCommand({ modelId: MODEL, messages, ...differs }));
}

async function streamed(differs: Partial<ConverseCommandInput> = {}) {
  const command = new ConverseStreamCommand({ modelId: MODEL, messages, ...differs });
  const events: ConverseStreamOutput[] = [];
  for await (const event of (await client.send(command)).stream ?? []) events.push(event);
  return events;
}

const prompted = (text: string) => ({ messages: [{ role: 'user' as const, content: [{ text }] }] });

async function failureOf(call: Promise<unknown>): Promise<Error & { $metadata: object }> {
  return call.then(
    () => {
      throw new Error('expected a failure');
    },
    (error: unknown) => error as Error & { $metadata: object },
  );
}

describe("AWS's SDK with another endpoint and a bearer token", () => {
  it('converses, and its usage line carries the id of the reply', async () => {
    const reply = await converse();

    expect(reply.output?.message).toEqual({ role: 'assistant', content: [{ text: TEXT }] });
    expect(reply.stopReason).toBe('end_turn');
    expect(reply.usage).toEqual(CACHED);
    expect(typeof reply.metrics?.latencyMs).toBe('number');
    const line = harness.lines().find(({ id }) => id === reply.$metadata.requestId);
    expect(line).toMatchObject({
      ...{ tenant: harness.tenant, api: 'bedrock.converse', model: MODEL, outcome: 'ok' },
      ...{ stream: false, ...USAGE },
    });
  });

  it('streams the same, with usage in its last event', async () => {
    const events = await streamed();

    expect(events[0]).toEqual({ messageStart: { role: 'assistant' } });
    const texts = events.map(({ contentBlockDelta }) => contentBlockDelta?.delta?.text ?? '');
    expect(texts.join('')).toBe(TEXT);
    expect(events.slice(-3, -1)).toEqual([
      { contentBlockStop: { contentBlockIndex: 0 } },
      { messageStop: { stopReason: 'end_turn' } },
    ]);
    expect(events.at(-1)?.metadata?.usage).toEqual(CACHED);
    expect(harness.lines().at(-1)).toMatchObject({ api: 'bedrock.converse', stream: true });
  });

  it('is given reasoning, text and tools as blocks of their own', async () => {
    const { output, stopReason, metrics } = await converse(prompted('tools'));

    expect(stopReason).toBe('tool_use');
    expect(metrics).toEqual({ latencyMs: 7 });
    expect(output?.message?.content).toEqual([
      { reasoningContent: { reasoningText: { text: 'I need the weather.', signature: 'c2ln' } } },
      { text: 'Let me look.' },
      { toolUse: { ...WEATHER, input: { city: 'Oslo' } } },
    ]);
  });

  it('is given them in a stream, each stopped before the next one starts', async () => {
    const events = await streamed(prompted('tools'));

    const parts = events.flatMap(
      ({ contentBlockStart: start, contentBlockDelta, contentBlockStop }) => {
        if (start) return [`start ${start.contentBlockIndex} ${start.start?.toolUse?.name}`];
        if (contentBlockStop) return [`stop ${contentBlockStop.contentBlockIndex}`];
        if (!contentBlockDelta?.delta) return [];
        return [
          `delta ${contentBlockDelta.contentBlockIndex} ${Object.keys(contentBlockDelta.delta)[0]}`,
        ];
      },
    );
    expect(parts).toEqual([
      ...[
        'delta 0 reasoningContent',
        'delta 0 reasoningContent',
        'delta 0 reasoningContent',
        'stop 0',
      ],
      ...['delta 1 text', 'stop 1'],
      ...['start 2 weather', 'delta 2 toolUse', 'delta 2 toolUse', 'stop 2'],
    ]);
  });

  it('has every member of its request reach the model, but for two that stand in the call', async () => {
    calls = [];
    const image = { format: 'png' as const, source: { bytes: new Uint8Array([1, 2, 3]) } };
    const tool = { name: 'weather', inputSchema: { json: { type: 'object' } } };
    await converse({
      modelId: 'us.anthropic.claude-opus-5-5',
      messages: [
        {
          role: 'user',
          content: [{ text: 'look' }, { image }, { cachePoint: { type: 'default', ttl: '1h' } }],
        },
      ],
      system: [{ text: 'be brief' }],
      inferenceConfig: { maxTokens: 100, temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
      toolConfig: { tools: [{ toolSpec: tool }], toolChoice: { any: {} } },
      additionalModelRequestFields: { top_k: 5 },
      additionalModelResponseFieldPaths: ['/stop_sequence'],
      performanceConfig: { latency: 'standard' },
      serviceTier: { type: 'default' },
      guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1' },
    });

    expect(calls).toEqual([
      {
        // An identity of ours, for Bedrock's own log.
        metadata: { tollbook: expect.stringMatching(/^[0-9a-f-]{36}\/1$/) },
        ...{ kind: 'converse', api: 'bedrock.converse', stream: false, maxTokens: 100 },
        modelRequested: 'us.anthropic.claude-opus-5-5',
        request: {
          messages: [
            {
              role: 'user',
              content: [
                { text: 'look' },
                { image: { format: 'png', source: { bytes: 'AQID' } } },
                { cachePoint: { type: 'default', ttl: '1h' } },
              ],
            },
          ],
          system: [{ text: 'be brief' }],
          inferenceConfig: { temperature: 0.5, topP: 0.9, stopSequences: ['END'] },
          toolConfig: { tools: [{ toolSpec: tool }], toolChoice: { any: {} } },
          additionalModelRequestFields: { top_k: 5 },
          additionalModelResponseFieldPaths: ['/stop_sequence'],
          performanceConfig: { latency: 'standard' },
          serviceTier: { type: 'default' },
          guardrailConfig: { guardrailIdentifier: 'g', guardrailVersion: '1', trace: 'enabled' },
        },
      },
    ]);
  });
});

describe('what the SDK throws', () => {
  it.each([
    ['throttled', 'ThrottlingException', 429],
    ['client_error', 'ValidationException', 400],
    ['upstream_error', 'ModelErrorException', 502],
    ['timeout', 'ModelTimeoutException', 504],
    ['cut', 'ModelErrorException', 502],
  ])('for a model that fails: %s', async (word, name, httpStatusCode) => {
    const error = await failureOf(converse(prompted(word)));

    expect(error.name).toBe(name);
    expect(error.$metadata).toMatchObject({ httpStatusCode });
  });

  it('for a stream that breaks: an exception in the place of its end', async () => {
    const error = await failureOf(streamed(prompted('cut')));

    expect(error.name).toBe('ModelStreamErrorException');
  });

  it('for a key that is none', async () => {
    const stranger = bedrockClient({ url: harness.url, key: 'mk_local_nothing' });
    const error = await failureOf(stranger.send(new ConverseCommand({ modelId: MODEL, messages })));
    stranger.destroy();

    expect(error.name).toBe('UnrecognizedClientException');
  });

  it.each([
    ['requestMetadata', { requestMetadata: { tenant: 't_other' } }],
    ['promptVariables', { promptVariables: { a: { text: 'b' } } }],
    ['maxTokens', { inferenceConfig: { maxTokens: 0 } }],
    [
      'additionalModelRequestFields.max_tokens',
      { additionalModelRequestFields: { max_tokens: 9 } },
    ],
    [
      'additionalModelRequestFields.inferenceConfig.maxTokens',
      { additionalModelRequestFields: { inferenceConfig: { maxTokens: 9 } } },
    ],
    ['s3Location', { messages: [{ role: 'user', content: [S3_IMAGE()] }] }],
    ['systemTool', { toolConfig: { tools: [{ systemTool: { name: 'nova_grounding' } }] } }],
  ] satisfies [string, Partial<ConverseCommandInput>][])(
    'for what would not be honoured, by name: %s',
    async (field, differs) => {
      const before = harness.models.counts().calls;
      const error = await failureOf(converse(differs));

      expect(error.name).toBe('ValidationException');
      expect(error.message).toContain(field);
      expect(harness.models.counts().calls).toBe(before);
    },
  );
});

function S3_IMAGE() {
  return { image: { format: 'png' as const, source: { s3Location: { uri: 's3://theirs/x' } } } };
}
