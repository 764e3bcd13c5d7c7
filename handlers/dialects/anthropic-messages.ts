import { createAnthropicStream } from '../../domain/dialects/anthropic-stream.ts';
import { anthropicMessage } from '../../domain/dialects/anthropic-reply.ts';
import { anthropicBetas, parseAnthropicMessages } from '../../domain/dialects/anthropic-request.ts';
import { EVENT_STREAM_TYPE } from '../../domain/dialects/server-sent-events.ts';
import type { EventId } from '../../domain/event-id.ts';
import type { ApiHandler } from '../edge/api-exchange.ts';
import { streamedAnswer, wholeAnswer } from '../invoke/give-answer.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';

interface AnthropicMessagesPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
}

/** Anthropic's SDK shows this one in its errors. */
function headersOf(id: EventId) {
  return { 'request-id': id };
}

/** `POST /v1/messages`: Anthropic's dialect, plain and streamed. */
export function createAnthropicMessages({ invokeModel }: AnthropicMessagesPorts): ApiHandler {
  return async function anthropicMessages({ principal, headers, body }, response) {
    const call = parseAnthropicMessages(body, anthropicBetas(headers));
    const answer = call.stream
      ? streamedAnswer(response, {
          headersOf,
          contentType: EVENT_STREAM_TYPE,
          open: (id) => createAnthropicStream(call, id),
        })
      : wholeAnswer(response, {
          headersOf,
          write: (id, events) => {
            response.json(200, anthropicMessage(call, id, events));
          },
        });
    const { id, settled } = await invokeModel(principal, call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}
