import { MODEL } from '../runtime/local/gateway-harness.ts';
import { describeLeaving } from './leaving.ts';
import { understandingAnswer } from './openai-answers.ts';

const user = { role: 'user', content: 'Bonn' };
const weather = { name: 'weather', parameters: { type: 'object', properties: {} } };
const streamed = { model: MODEL, stream: true };

describeLeaving(
  'OpenAI',
  [
    {
      what: '/v1/chat/completions (text)',
      path: '/v1/chat/completions',
      body: { ...streamed, messages: [user], stream_options: { include_usage: true } },
      last: '[DONE]',
    },
    {
      what: '/v1/chat/completions (tools)',
      path: '/v1/chat/completions',
      body: { ...streamed, messages: [user], tools: [{ type: 'function', function: weather }] },
      last: '[DONE]',
    },
    {
      what: '/v1/responses (reasoning and tools)',
      path: '/v1/responses',
      body: { ...streamed, input: [user], tools: [{ type: 'function', ...weather }] },
      last: '"type":"response.completed"',
    },
  ],
  understandingAnswer,
);
