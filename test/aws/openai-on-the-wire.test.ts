import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { parseOpenAiChat } from '../../domain/dialects/openai-chat.ts';
import { parseOpenAiEmbeddings } from '../../domain/dialects/openai-embeddings.ts';
import { packThought } from '../../domain/dialects/openai-reasoning.ts';
import { parseOpenAiResponses } from '../../domain/dialects/openai-responses.ts';
import type { ModelCall } from '../../domain/model-call.ts';
import { createBedrockModel } from '../../runtime/aws/models/bedrock-model.ts';
import { startSimulatedBedrock } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import type { SimulatedBedrockServer } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import { understandingAnswer } from '../clients/openai-answers.ts';
import { clientOf } from './stand-ins/clients.ts';

const FOLDER = join(__dirname, '../../fixtures/dialects/openai');
const CLAUDE = 'anthropic.claude-opus-5-5';
const image_url = 'data:image/png;base64,aGk=';
const file_data = 'data:application/pdf;base64,aGk=';
const tools = [{ type: 'function', function: { name: 'look', strict: true } }];
const format = { type: 'json_schema', name: 'place', schema: { type: 'object' } };
const prompt_cache_breakpoint = { mode: 'explicit' };
const thought = packThought({ text: 'hm', signature: 's', redacted: ['aGk='] });

/** What the recorded bodies do not have. */
const MORE: readonly ModelCall[] = [
  parseOpenAiChat({
    ...{ model: CLAUDE, reasoning_effort: 'high', service_tier: 'priority', stop: 'END', seed: 7 },
    ...{ tools, tool_choice: 'required', parallel_tool_calls: false, top_p: 0.5, stream: true },
    messages: [
      { role: 'user', content: [{ type: 'text', text: 'see', prompt_cache_breakpoint }] },
      { role: 'user', content: [{ type: 'image_url', image_url: { url: image_url } }] },
      { role: 'user', content: [{ type: 'file', file: { file_data, filename: 'a.pdf' } }] },
    ],
  }).call,
  parseOpenAiResponses({
    ...{ model: CLAUDE, text: { format }, reasoning: { effort: 'low' } },
    input: [
      { role: 'user', content: 'Bonn' },
      { type: 'reasoning', encrypted_content: thought },
      { role: 'user', content: 'and?' },
    ],
  }).call,
];

const PARSERS: Readonly<Record<string, (body: unknown) => { readonly call: ModelCall }>> = {
  '/v1/chat/completions': parseOpenAiChat,
  '/v1/responses': parseOpenAiResponses,
  '/v1/embeddings': parseOpenAiEmbeddings,
};

const recorded = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.json') && !name.endsWith('.golden.json'))
  .map((name): readonly [string, ModelCall] => {
    const text = readFileSync(join(FOLDER, name), 'utf8');
    const { path, body } = JSON.parse(text) as { readonly path: string; readonly body: unknown };
    return [name, PARSERS[path]!(body).call];
  });
const cases = [...recorded, ...MORE.map((call, index) => [`more ${index}`, call] as const)];

const asked: ModelCall[] = [];
let server: SimulatedBedrockServer;

beforeAll(async () => {
  server = await startSimulatedBedrock({
    answer: (call) => {
      asked.push(call);
      return understandingAnswer(call);
    },
  });
});

afterAll(() => server.close());

it.each(cases)('every field of %s reaches Bedrock through its SDK', async (_name, call) => {
  const client = new BedrockRuntimeClient({
    ...clientOf(server.endpoint),
    requestHandler: new NodeHttpHandler(),
  });
  asked.length = 0;
  let last = '';
  for await (const { type } of createBedrockModel({ client }).invoke(call)) last = type;

  expect(last).toBe('end');
  if (call.kind === 'converse') {
    const { request, maxTokens, modelRequested, stream } = call;
    expect(asked).toMatchObject([{ kind: 'converse', maxTokens, modelRequested, stream }]);
    expect(asked.map((one) => 'request' in one && one.request)).toEqual([request]);
  } else {
    const bodies = asked.flatMap((one) => (one.kind === 'invoke' ? one.bodies : []));
    expect(bodies.map((bytes) => Buffer.from(bytes))).toEqual(
      call.bodies.map((bytes) => Buffer.from(bytes)),
    );
  }
});
