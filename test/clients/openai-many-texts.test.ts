import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import OpenAI from 'openai';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type { InvokeCall, ModelCall } from '../../domain/model-call.ts';
import { parseUsageLine } from '../../domain/usage-line.ts';
import { createBedrockHttp } from '../../runtime/local/bedrock-http.ts';
import type { BedrockHttp } from '../../runtime/local/bedrock-http.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import { serve } from '../../runtime/local/serve.ts';
import type { Served } from '../../runtime/local/serve.ts';
import { echoAnswer } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { startSimulatedBedrock } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import type { SimulatedBedrockServer } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import { simulatedEmbeddings } from '../../runtime/local/simulated/simulated-embeddings.ts';
import { tokensOf } from '../runtime/local/gateway-harness.ts';
import { COHERE, EMBEDDINGS } from './openai-answers.ts';

const DIMENSIONS = 256;
const MANY = Array.from({ length: 2048 }, (_, index) => `text number ${index}`);
const BAD = 'a text that the model refuses';

let folder: string;
let upstream: SimulatedBedrockServer;
let models: BedrockHttp;
let served: Served;
let openai: OpenAI;
const errors: unknown[] = [];

function asks(call: ModelCall, text: string): boolean {
  return call.kind === 'invoke' && new TextDecoder().decode(call.bodies[0]).includes(text);
}

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollbook-many-texts-'));
  upstream = await startSimulatedBedrock({
    answer: (call) => ({
      ...{ ...echoAnswer(call), firstByteMs: 1 },
      ...(asks(call, BAD) && { failure: 'throttled' }),
    }),
  });
  models = createBedrockHttp({ endpoint: upstream.endpoint });
  served = await serve({
    ...{ folder: openDataFolder(folder), models, port: 0, host: '127.0.0.1' },
    ...{ durability: 'system', onMetered: () => undefined },
    onError: (error) => errors.push(error),
  });
  const baseURL = `http://127.0.0.1:${served.port}/v1`;
  openai = new OpenAI({ apiKey: await served.issueDemoKey(), baseURL, maxRetries: 0 });
});

afterEach(async () => {
  await served.close().catch(() => undefined);
  models.close();
  await upstream.close();
  rmSync(folder, { recursive: true, force: true });
  expect(errors).toEqual([]);
});

function lines() {
  const journal = openDataFolder(folder).journal;
  const text = readdirSync(journal).map((name) => readFileSync(join(journal, name), 'utf8'));
  return text
    .join('')
    .split('\n')
    .filter(Boolean)
    .flatMap((line) => {
      const parsed = parseUsageLine(line);
      return parsed.ok ? [parsed.event] : [];
    });
}

function embed(input: readonly string[], signal?: AbortSignal) {
  const body = { model: EMBEDDINGS, input: [...input], dimensions: DIMENSIONS };
  return openai.embeddings.create(
    { ...body, encoding_format: 'float' },
    { signal: signal ?? null },
  );
}

/** What the model makes of a text alone. */
function vectorOf(inputText: string): readonly number[] {
  const body = new TextEncoder().encode(JSON.stringify({ inputText, dimensions: DIMENSIONS }));
  const call = { modelRequested: EMBEDDINGS, bodies: [body] } as unknown as InvokeCall;
  const [reply] = simulatedEmbeddings(call) ?? [];
  return (JSON.parse(new TextDecoder().decode(reply)) as { embedding: readonly number[] })
    .embedding;
}

describe('2,048 texts in one call', () => {
  it('are as many vectors in their order, and one line of all that they used', async () => {
    const { data, usage } = await embed(MANY);

    expect(data.map(({ index }) => index)).toEqual(MANY.map((_, index) => index));
    const firsts = MANY.map((text) => vectorOf(text)[0]);
    expect(data.map(({ embedding }) => embedding[0])).toEqual(firsts);
    const { calls, tokens } = upstream.counts();
    expect([calls, usage.prompt_tokens]).toEqual([MANY.length, tokens.input]);
    expect(lines()).toMatchObject([{ outcome: 'ok', attempt: 1, api: 'openai.embeddings' }]);
    expect(tokensOf(lines())).toEqual(tokens);
  });

  it('are fewer requests where a model takes many texts in each', async () => {
    const { data } = await openai.embeddings.create({ model: COHERE, input: MANY });

    expect(data).toHaveLength(MANY.length);
    expect(upstream.counts().calls).toBe(Math.ceil(MANY.length / 96));
    expect(lines()).toHaveLength(1);
    expect(tokensOf(lines())).toEqual(upstream.counts().tokens);
  });

  it('fail together where one fails, and everything that was used is metered', async () => {
    const input = [...MANY.slice(0, 100), BAD, ...MANY.slice(100)];

    await expect(embed(input.slice(0, 2048))).rejects.toMatchObject({ status: 429 });

    const { calls, tokens } = upstream.counts();
    expect(calls).toBeGreaterThan(100);
    expect(calls).toBeLessThan(200);
    expect(lines()).toMatchObject([{ outcome: 'throttled', usage_source: 'reported' }]);
    expect(tokensOf(lines())).toEqual(tokens);
    expect(tokens.input).toBeGreaterThan(0);
  });

  it('are all embedded and metered for a client that left', async () => {
    const controller = new AbortController();
    const call = embed(MANY, controller.signal);
    const left = expect(call).rejects.toBeInstanceOf(OpenAI.APIUserAbortError);
    while (upstream.counts().calls < 50) await wait(1);
    controller.abort();
    await left;
    expect(upstream.counts().calls).toBeLessThan(MANY.length);
    await served.close();

    const { calls, tokens } = upstream.counts();
    expect(calls).toBe(MANY.length);
    expect(lines()).toMatchObject([{ outcome: 'ok' }]);
    expect(tokensOf(lines())).toEqual(tokens);
  });
});
