import { EVENT_STREAM_TYPE } from '../../domain/dialects/server-sent-events.ts';
import type { EventId } from '../../domain/event-id.ts';
import type { ModelEvent } from '../../domain/model-call.ts';
import type { ApiResponse } from '../edge/api-exchange.ts';
import { streamedAnswer, wholeAnswer } from '../invoke/give-answer.ts';
import type { Answer } from '../invoke/give-answer.ts';

/** How one operation says what a model says. */
export interface Voice {
  /** The body of the whole answer. */
  readonly whole: (id: EventId, events: readonly ModelEvent[]) => unknown;
  /** Event by event, the pieces of a stream. */
  readonly streamed: (id: EventId) => (event: ModelEvent) => readonly string[];
}

/** OpenAI's clients read no headers of their own: the gateway's name the call. */
const NO_HEADERS = () => ({});

/** An answer in OpenAI's forms: JSON, or server-sent events where it is streamed. */
export function openAiAnswer(stream: boolean, voice: Voice, response: ApiResponse): Answer {
  if (stream) {
    const { streamed: open } = voice;
    return streamedAnswer(response, {
      headersOf: NO_HEADERS,
      contentType: EVENT_STREAM_TYPE,
      open,
    });
  }
  return wholeAnswer(response, {
    headersOf: NO_HEADERS,
    write: (id, events) => {
      response.json(200, voice.whole(id, events));
    },
  });
}
