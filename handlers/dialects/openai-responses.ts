import { parseOpenAiResponses } from '../../domain/dialects/openai-responses.ts';
import type { OpenAiResponsesRequest } from '../../domain/dialects/openai-responses.ts';
import {
  createResponsesStream,
  openAiResponse,
} from '../../domain/dialects/openai-responses-reply.ts';
import { serverSentEvent } from '../../domain/dialects/server-sent-events.ts';
import type { ApiHandler } from '../edge/api-exchange.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';
import { openAiAnswer } from './openai-answer.ts';
import type { Voice } from './openai-answer.ts';

interface OpenAiResponsesPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
}

/** `POST /v1/responses`: plain and streamed; nothing of it is kept for a later call. */
export function createOpenAiResponses({ invokeModel }: OpenAiResponsesPorts): ApiHandler {
  return async function openAiResponses({ principal, body }, response) {
    const request = parseOpenAiResponses(body);
    const answer = openAiAnswer(request.call.stream, voiceOf(request), response);
    const { id, settled } = await invokeModel(principal, request.call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}

function voiceOf(request: OpenAiResponsesRequest): Voice {
  return {
    whole: (id, events) => openAiResponse(request, id, events),
    streamed: (id) => {
      const eventsOf = createResponsesStream(request, id);
      return (event) =>
        eventsOf(event).map((one) => serverSentEvent(JSON.stringify(one), one.type));
    },
  };
}
