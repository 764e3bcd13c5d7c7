import { MODEL } from '../runtime/local/gateway-harness.ts';
import { describeLeaving } from './leaving.ts';

const messages = [{ role: 'user', content: 'hello' }];

describeLeaving('Anthropic', [
  {
    what: 'a message',
    path: '/v1/messages',
    body: { model: MODEL, max_tokens: 100, messages, stream: true },
    last: '"type":"message_stop"',
  },
]);
