import { MODEL } from '../runtime/local/gateway-harness.ts';
import { CANARY, CANARY_BASE64, describeHostile } from './hostile.ts';

const PNG = `iVBORw0KGgoA${CANARY_BASE64}`;
const path = `/invoke_model?model_id=${MODEL}`;
const text = {
  inputs: CANARY,
  parameters: {
    ...{ maxTokenCount: 9, temperature: 0.5, top_p: 0.5, stop: [CANARY], system: CANARY },
    ...{ seed: 7, [`a${CANARY}`]: CANARY },
  },
  additional_model_fields: { [CANARY]: CANARY },
};
const tool = { name: CANARY, inputSchema: { json: { [CANARY]: CANARY } } };

describeHostile('the ancestor', {
  isError: (body) =>
    typeof (body as { generated_text?: unknown }[])[0]?.generated_text === 'string',
  routes: [
    { what: 'a text', path, body: text },
    {
      ...{ what: 'a conversation', path, headers: [['messages_api', 'true']] },
      body: {
        inputs: [
          {
            role: 'user',
            content: [{ text: CANARY }, { image: { format: 'png', source: { bytes: PNG } } }],
          },
        ],
        parameters: { maxTokens: 9, stopSequences: [CANARY], system: CANARY },
        tool_config: { tools: [{ toolSpec: tool }] },
      },
    },
    {
      what: 'a call in the background',
      path,
      headers: [['streaming', 'true']],
      body: text,
      later: true,
    },
    {
      what: 'the vector of a picture',
      path: '/invoke_model?model_id=amazon.titan-embed-image-v1',
      ...{ headers: [['type', 'embeddings-image']], later: true },
      body: { inputs: PNG, parameters: { inputText: CANARY, dimensions: 256 } },
    },
    {
      what: 'a picture',
      path: '/invoke_model?model_id=amazon.nova-canvas-v1:0',
      headers: [['type', 'image']],
      body: {
        textToImageParams: { text: CANARY, negativeText: CANARY },
        parameters: { imageGenerationConfig: { width: 512, height: 512, numberOfImages: 1 } },
      },
    },
  ],
});
