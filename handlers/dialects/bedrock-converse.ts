import { parseBedrockConverse } from '../../domain/dialects/bedrock-converse.ts';
import {
  converseReply,
  createConverseStream,
} from '../../domain/dialects/bedrock-converse-reply.ts';
import { AWS_EVENT_STREAM_TYPE } from '../../domain/dialects/event-stream.ts';
import type { EventId } from '../../domain/event-id.ts';
import type { ApiHandler, Headers } from '../edge/api-exchange.ts';
import { streamedAnswer, wholeAnswer } from '../invoke/give-answer.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';
import type { Clock } from '../ports.ts';

export interface BedrockPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
  readonly clock: Pick<Clock, 'now'>;
}

/** What AWS's SDKs call the request in their metadata. */
export function awsRequestId(id: EventId): Headers {
  return { 'x-amzn-requestid': id };
}

/** `POST /model/{modelId}/converse` and `/converse-stream`. */
export function createBedrockConverse(ports: BedrockPorts, stream: boolean): ApiHandler {
  const { invokeModel, clock } = ports;
  return async function bedrockConverse({ principal, params, body }, response) {
    const call = parseBedrockConverse(body, { modelRequested: params['modelId'] ?? '', stream });
    const startedMs = clock.now();
    const elapsedMs = () => clock.now() - startedMs;
    const answer = stream
      ? streamedAnswer(response, {
          headersOf: awsRequestId,
          contentType: AWS_EVENT_STREAM_TYPE,
          open: () => createConverseStream(elapsedMs),
        })
      : wholeAnswer(response, {
          headersOf: awsRequestId,
          write: (_id, events) => {
            response.json(200, converseReply(events, elapsedMs()));
          },
        });
    const { id, settled } = await invokeModel(principal, call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}
