import {
  invokedBody,
  invokedHeaders,
  invokedMessages,
  parseBedrockInvoke,
} from '../../domain/dialects/bedrock-invoke.ts';
import { AWS_EVENT_STREAM_TYPE } from '../../domain/dialects/event-stream.ts';
import type { ApiHandler } from '../edge/api-exchange.ts';
import { awsRequestId } from './bedrock-converse.ts';
import type { BedrockPorts } from './bedrock-converse.ts';
import { streamedAnswer, wholeAnswer } from '../invoke/give-answer.ts';

/** What the chunks of a streamed answer are, once unpacked. */
const CHUNK_TYPE = { 'x-amzn-bedrock-content-type': 'application/json' };

/** `POST /model/{modelId}/invoke` and `/invoke-with-response-stream`. */
export function createBedrockInvoke(ports: BedrockPorts, stream: boolean): ApiHandler {
  const { invokeModel, clock } = ports;
  return async function bedrockInvoke({ principal, params, headers, bytes, body }, response) {
    const asked = { modelRequested: params['modelId'] ?? '', stream };
    const call = parseBedrockInvoke({ ...asked, headers, bytes, body });
    const startedMs = clock.now();
    const answer = stream
      ? streamedAnswer(response, {
          headersOf: (id) => ({ ...awsRequestId(id), ...CHUNK_TYPE }),
          contentType: AWS_EVENT_STREAM_TYPE,
          open: () => invokedMessages,
        })
      : wholeAnswer(response, {
          headersOf: awsRequestId,
          write: (_id, events) => {
            const replied = invokedBody(events);
            const end = events.find((event) => event.type === 'end');
            const counts = invokedHeaders(end, clock.now() - startedMs);
            response.bytes(200, replied.bytes, { ...counts, 'content-type': replied.contentType });
          },
        });
    const { id, settled } = await invokeModel(principal, call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}
