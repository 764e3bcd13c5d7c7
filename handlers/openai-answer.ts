import { EVENT_STREAM_TYPE } from '../domain/dialects/server-sent-events.ts';
import type { EventId } from '../domain/event-id.ts';
import type { ModelEvent } from '../domain/model-call.ts';
import type { ApiResponse } from './api-exchange.ts';
import type { Emit } from './invoke-model.ts';

/** How one operation says what a model says. */
export interface Voice {
  /** The body of the whole answer. */
  readonly whole: (id: EventId, events: readonly ModelEvent[]) => unknown;
  /** Event by event, the pieces of a stream. */
  readonly streamed: (id: EventId) => (event: ModelEvent) => readonly string[];
}

/** An answer in the making: it is told what happens, and finished when the call is metered. */
interface Answer {
  readonly tell: Emit;
  readonly finish: (id: EventId) => void;
}

/** An answer as a whole. */
export function wholeAnswer({ whole }: Voice, response: ApiResponse): Answer {
  const events: ModelEvent[] = [];
  return {
    tell: (event) => {
      if (event.type === 'admitted') response.identify(event.id, event.headers);
      else events.push(event);
    },
    finish: (id) => {
      response.json(200, whole(id, events));
    },
  };
}

/** The head waits for the model's first word: a call that fails before it keeps its status. */
export function streamedAnswer({ streamed }: Voice, response: ApiResponse): Answer {
  let piecesOf: ReturnType<Voice['streamed']> | undefined;
  return {
    tell: (event) => {
      if (event.type === 'admitted') {
        response.identify(event.id, event.headers);
        piecesOf = streamed(event.id);
      } else if (piecesOf) {
        const pieces = piecesOf(event);
        if (pieces.length > 0) response.stream(EVENT_STREAM_TYPE, pieces);
      }
    },
    finish: () => {
      response.end();
    },
  };
}
