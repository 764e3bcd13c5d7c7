import { MODEL } from '../runtime/local/gateway-harness.ts';
import { CANARY, CANARY_BASE64, describeHostile } from './hostile.ts';

const source = { bytes: CANARY_BASE64 };
const cachePoint = { type: 'default', ttl: '1h' };
const schema = { json: { [CANARY]: CANARY } };

/** Every member of Converse that is accepted. */
const CONVERSE = {
  system: [{ text: CANARY }, { cachePoint }],
  messages: [
    {
      role: 'user',
      content: [
        { text: CANARY },
        { image: { format: 'png', source } },
        { document: { format: 'pdf', name: CANARY, source, context: CANARY } },
        { video: { format: 'mp4', source } },
        { guardContent: { text: { text: CANARY } } },
        { newThing: { [CANARY]: CANARY } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { reasoningContent: { reasoningText: { text: CANARY, signature: CANARY_BASE64 } } },
        { reasoningContent: { redactedContent: CANARY_BASE64 } },
        { toolUse: { toolUseId: CANARY, name: CANARY, input: { [CANARY]: CANARY } } },
      ],
    },
    {
      role: 'user',
      content: [
        {
          toolResult: {
            ...{ toolUseId: CANARY, status: 'error' },
            content: [{ json: { [CANARY]: CANARY } }, { text: CANARY }],
          },
        },
      ],
    },
  ],
  inferenceConfig: { maxTokens: 9, temperature: 0.5, topP: 0.5, stopSequences: [CANARY] },
  toolConfig: {
    tools: [
      { toolSpec: { name: CANARY, description: CANARY, inputSchema: schema } },
      { cachePoint },
    ],
    toolChoice: { tool: { name: CANARY } },
  },
  guardrailConfig: { guardrailIdentifier: CANARY, guardrailVersion: '1' },
  additionalModelRequestFields: { [CANARY]: CANARY },
  additionalModelResponseFieldPaths: [`/${CANARY}`],
  performanceConfig: { latency: 'standard' },
  serviceTier: { type: 'default' },
  outputConfig: { effort: CANARY },
};

/** A body in the format of Nova's models. */
const NOVA = {
  schemaVersion: 'messages-v1',
  system: [{ text: CANARY }],
  messages: [{ role: 'user', content: [{ text: CANARY }, { image: { format: 'png', source } }] }],
  inferenceConfig: { maxTokens: 9, temperature: 0.5, topK: 5, stopSequences: [CANARY] },
  toolConfig: { tools: [{ toolSpec: { name: CANARY, inputSchema: schema } }] },
};

const path = `/model/${encodeURIComponent(MODEL)}`;
const encoded = Buffer.from(JSON.stringify({ embedding: [1], images: [CANARY], said: CANARY }));

describeHostile('Bedrock', {
  isError: (body) => typeof (body as { message?: unknown }).message === 'string',
  routes: [
    { what: 'Converse', path: `${path}/converse`, body: CONVERSE },
    { what: 'ConverseStream', path: `${path}/converse-stream`, body: CONVERSE },
    { what: 'InvokeModel', path: `${path}/invoke`, body: NOVA },
    {
      ...{ what: 'InvokeModelWithResponseStream', body: NOVA, later: true },
      path: `${path}/invoke-with-response-stream`,
    },
    {
      ...{ what: 'CountTokens', path: `${path}/count-tokens`, later: true },
      body: { input: { invokeModel: { body: encoded.toString('base64') } } },
    },
  ],
});
