import { parseOpenAiChat } from '../domain/dialects/openai-chat.ts';
import type { OpenAiChatRequest } from '../domain/dialects/openai-chat.ts';
import { createOpenAiStream, openAiCompletion } from '../domain/dialects/openai-chat-reply.ts';
import { EVENT_STREAM_TYPE, serverSentEvent } from '../domain/dialects/server-sent-events.ts';
import type { EventId } from '../domain/event-id.ts';
import type { ModelEvent } from '../domain/model-call.ts';
import type { ApiHandler, ApiResponse } from './api-exchange.ts';
import type { Emit, createInvokeModel } from './invoke-model.ts';

interface OpenAiChatPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
}

interface Answer {
  readonly tell: Emit;
  readonly finish: (id: EventId) => void;
}

/** `POST /v1/chat/completions`: OpenAI's dialect, plain and streamed. */
export function createOpenAiChat({ invokeModel }: OpenAiChatPorts): ApiHandler {
  return async function openAiChat({ principal, body }, response) {
    const request = parseOpenAiChat(body);
    const answer = (request.call.stream ? streamedAnswer : wholeAnswer)(request, response);
    const { id, settled } = await invokeModel(principal, request.call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}

function wholeAnswer(request: OpenAiChatRequest, response: ApiResponse): Answer {
  const events: ModelEvent[] = [];
  return {
    tell: (event) => {
      if (event.type === 'admitted') response.identify(event.id, event.headers);
      else events.push(event);
    },
    finish: (id) => {
      response.json(200, openAiCompletion(request, id, events));
    },
  };
}

/** The head waits for the model's first word: a call that fails before it keeps its status. */
function streamedAnswer(request: OpenAiChatRequest, response: ApiResponse): Answer {
  let payloadsOf: ReturnType<typeof createOpenAiStream> | undefined;
  return {
    tell: (event) => {
      if (event.type === 'admitted') {
        response.identify(event.id, event.headers);
        payloadsOf = createOpenAiStream(request, event.id);
      } else if (payloadsOf) {
        const pieces = payloadsOf(event).map((payload) => serverSentEvent(payload));
        response.stream(EVENT_STREAM_TYPE, pieces);
      }
    },
    finish: () => {
      response.end();
    },
  };
}
