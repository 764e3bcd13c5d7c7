import { MODEL } from '../runtime/local/gateway-harness.ts';
import { describeLeaving } from './leaving.ts';

describeLeaving('the ancestor', [
  {
    what: 'a call that runs on in the background',
    path: `/invoke_model?model_id=${MODEL}`,
    headers: ['streaming: true'],
    body: { inputs: 'hello' },
    last: '"request_id"',
  },
]);
