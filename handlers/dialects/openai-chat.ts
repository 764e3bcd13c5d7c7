import { parseOpenAiChat } from '../../domain/dialects/openai-chat.ts';
import type { OpenAiChatRequest } from '../../domain/dialects/openai-chat.ts';
import { createOpenAiStream, openAiCompletion } from '../../domain/dialects/openai-chat-reply.ts';
import { serverSentEvent } from '../../domain/dialects/server-sent-events.ts';
import type { ApiHandler } from '../edge/api-exchange.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';
import { openAiAnswer } from './openai-answer.ts';
import type { Voice } from './openai-answer.ts';

interface OpenAiChatPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
}

/** `POST /v1/chat/completions`: OpenAI's dialect, plain and streamed. */
export function createOpenAiChat({ invokeModel }: OpenAiChatPorts): ApiHandler {
  return async function openAiChat({ principal, body }, response) {
    const request = parseOpenAiChat(body);
    const answer = openAiAnswer(request.call.stream, voiceOf(request), response);
    const { id, settled } = await invokeModel(principal, request.call, answer.tell);
    answer.finish(id);
    return { settled };
  };
}

function voiceOf(request: OpenAiChatRequest): Voice {
  return {
    whole: (id, events) => openAiCompletion(request, id, events),
    streamed: (id) => {
      const payloadsOf = createOpenAiStream(request, id);
      return (event) => payloadsOf(event).map((payload) => serverSentEvent(payload));
    },
  };
}
