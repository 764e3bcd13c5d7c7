import { MODEL } from '../runtime/local/gateway-harness.ts';
import { describeLeaving } from './leaving.ts';

const model = encodeURIComponent(MODEL);
const messages = [{ role: 'user', content: [{ text: 'hello' }] }];

describeLeaving('Bedrock', [
  {
    what: 'ConverseStream',
    path: `/model/${model}/converse-stream`,
    body: { messages },
    last: 'cacheReadInputTokens',
  },
  {
    what: 'InvokeModelWithResponseStream',
    path: `/model/${model}/invoke-with-response-stream`,
    body: { messages, inferenceConfig: { maxTokens: 100 } },
    last: Buffer.from('{"said":"word"}').toString('base64'),
  },
]);
