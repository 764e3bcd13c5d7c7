import { describe, expect, it } from '@jest/globals';
import { mintEventId } from '../../../domain/event-id.ts';
import { NO_TOKENS } from '../../../domain/meters.ts';
import type { ModelCall } from '../../../domain/model-call.ts';
import { createAncestorInvoke } from '../../../handlers/dialects/ancestor-invoke.ts';
import { createAnthropicMessages } from '../../../handlers/dialects/anthropic-messages.ts';
import type { ApiHandler, ApiRequest, ApiResponse } from '../../../handlers/edge/api-exchange.ts';
import { createBedrockConverse } from '../../../handlers/dialects/bedrock-converse.ts';
import { createBedrockInvoke } from '../../../handlers/dialects/bedrock-invoke.ts';
import { CallFailed } from '../../../handlers/invoke/call-errors.ts';
import type { Emit } from '../../../handlers/invoke/invoke-model.ts';
import type { Job, Jobs } from '../../../handlers/ports.ts';

const id = mintEventId(1_770_000_000_000, new Uint8Array(10));
const principal = { tenant: 't_x', costCenter: null, project: null, keyId: 'k', teams: [] };
const clock = { now: () => 0 };
const said = new TextEncoder().encode('{}');
const model = 'amazon.nova-lite-v1:0';

/** Writes down, in order, what an answer does and when its usage line is durable. */
function scripted(failure?: Error) {
  const acts: string[] = [];
  const jobs: Job[] = [];
  const response: ApiResponse = {
    hasStarted: () => false,
    identify: (_id, headers = {}) => acts.push(`identify ${Object.keys(headers).sort().join()}`),
    json: (status) => acts.push(`json ${status}`),
    bytes: (status) => acts.push(`bytes ${status}`),
    stream: () => acts.push('stream'),
    end: () => acts.push('end'),
  };
  const invokeModel = async (_principal: unknown, call: ModelCall, emit: Emit) => {
    emit({ type: 'admitted', id, headers: { budget: '1' } });
    if (call.kind === 'converse') emit({ type: 'text', text: 'a' });
    else if (call.stream) emit({ type: 'chunk', bytes: said });
    else emit({ type: 'body', bytes: said, contentType: 'application/json' });
    await new Promise((resolve) => setTimeout(resolve, 1));
    acts.push('line durable');
    if (failure) throw failure;
    const served = { tier: 'standard', latencyClass: 'standard', upstreamId: 'u' } as const;
    emit({ type: 'end', stopReason: 'end_turn', usage: NO_TOKENS, ...served });
    return {
      id,
      usage: NO_TOKENS,
      settled: Promise.resolve().then(() => void acts.push('settled')),
    };
  };
  const keeper: Jobs = {
    put: (job: Job) => {
      jobs.push(job);
      acts.push(job.result ? `kept ${job.result.status}` : 'pending');
      return Promise.resolve();
    },
    begin: () => Promise.resolve(true),
    find: () => Promise.resolve(undefined),
  };
  return { acts, jobs, response, ports: { invokeModel, clock, jobs: keeper } };
}

type Made = ReturnType<typeof scripted>;

const messages = [{ role: 'user', content: [{ type: 'text', text: 'hello' }] }];
const converse = { messages: [{ role: 'user', content: [{ text: 'hello' }] }] };
const nova = { ...converse, inferenceConfig: { maxTokens: 5 } };
const anthropic = { model, max_tokens: 5, messages };
const ID_HEADERS = { anthropic: 'budget,request-id', bedrock: 'budget,x-amzn-requestid' };

const CASES: readonly {
  readonly what: string;
  readonly headers: string;
  readonly body: object;
  readonly streamed: boolean;
  readonly make: (made: Made) => ApiHandler;
}[] = [
  {
    ...{ what: 'Anthropic', headers: ID_HEADERS.anthropic, body: anthropic, streamed: false },
    make: ({ ports }) => createAnthropicMessages(ports),
  },
  {
    ...{ what: 'Anthropic, streamed', headers: ID_HEADERS.anthropic, streamed: true },
    ...{
      body: { ...anthropic, stream: true },
      make: ({ ports }) => createAnthropicMessages(ports),
    },
  },
  {
    ...{ what: 'Converse', headers: ID_HEADERS.bedrock, body: converse, streamed: false },
    make: ({ ports }) => createBedrockConverse(ports, false),
  },
  {
    ...{ what: 'ConverseStream', headers: ID_HEADERS.bedrock, body: converse, streamed: true },
    make: ({ ports }) => createBedrockConverse(ports, true),
  },
  {
    ...{ what: 'InvokeModel', headers: ID_HEADERS.bedrock, body: nova, streamed: false },
    make: ({ ports }) => createBedrockInvoke(ports, false),
  },
  {
    what: 'InvokeModelWithResponseStream',
    headers: 'budget,x-amzn-bedrock-content-type,x-amzn-requestid',
    ...{ body: nova, streamed: true, make: ({ ports }) => createBedrockInvoke(ports, true) },
  },
  {
    ...{ what: 'the ancestor', headers: 'budget', body: { inputs: 'hello' }, streamed: false },
    make: ({ ports }) => createAncestorInvoke(ports),
  },
];

function requestOf(body: object, headers: ApiRequest['headers'] = []): ApiRequest {
  const bytes = new TextEncoder().encode(JSON.stringify(body));
  const query = `model_id=${model}`;
  return { principal, body, params: { modelId: model }, query, headers, bytes };
}

describe.each(CASES)('an answer in the words of $what', ({ make, body, headers, streamed }) => {
  it('has its last byte after its usage line is durable', async () => {
    const made = scripted();
    await make(made)(requestOf(body), made.response);
    const [first, ...more] = made.acts.filter((act) => act !== 'settled');

    expect(first).toBe(`identify ${headers}`);
    const durable = more.indexOf('line durable');
    if (streamed) {
      expect(more.slice(0, durable)).toEqual(['stream']);
      expect(more.at(-1)).toBe('end');
    } else {
      expect(durable).toBe(0);
      expect(more[1]).toMatch(/^(json|bytes) 200$/);
    }
  });

  it('is left to the caller of a call that failed', async () => {
    const failure = new CallFailed(502, 'cut');
    const made = scripted(failure);

    await expect(make(made)(requestOf(body), made.response)).rejects.toBe(failure);
    expect(made.acts.at(-1)).toBe('line durable');
  });
});

describe('an answer that is fetched later', () => {
  const background: ApiRequest['headers'] = [['streaming', 'true']];
  const body = { inputs: 'hello' };

  it('is promised once it is known to be running, and kept once it is metered', async () => {
    const made = scripted();
    const request = requestOf(body, background);
    const { settled } = await createAncestorInvoke(made.ports)(request, made.response);
    expect(made.acts).toEqual(['pending', 'identify budget', 'json 200']);
    await settled;

    expect(made.acts.slice(3).sort()).toEqual(['kept 200', 'line durable', 'settled']);
    expect(made.acts.indexOf('kept 200')).toBeGreaterThan(made.acts.indexOf('line durable'));
    expect(made.jobs.map((job) => [job.tenant, job.id])).toEqual([
      ['t_x', id],
      ['t_x', id],
    ]);
  });

  it('is kept as a failure, and an error of ours is told to the operator besides', async () => {
    const request = requestOf(body, background);
    const failed = scripted(new CallFailed(504, 'late'));
    const told = await createAncestorInvoke(failed.ports)(request, failed.response);
    await told.settled;
    expect(failed.acts).toContain('kept 504');

    const broken = new Error('secret of the house');
    const ours = scripted(broken);
    const { settled } = await createAncestorInvoke(ours.ports)(request, ours.response);
    await expect(settled).rejects.toBe(broken);
    expect(ours.acts).toContain('kept 500');
    expect(ours.jobs.at(-1)?.result?.body).not.toContain('secret');
  });

  it('is refused where nothing keeps it', async () => {
    const { ports, response } = scripted();
    const { invokeModel } = ports;
    const handle = createAncestorInvoke({ invokeModel, clock });

    await expect(handle(requestOf(body, background), response)).rejects.toThrow('streaming');
  });
});
