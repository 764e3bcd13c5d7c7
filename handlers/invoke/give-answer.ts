import type { EventId } from '../../domain/event-id.ts';
import type { ModelEvent } from '../../domain/model-call.ts';
import type { ApiResponse, Headers } from '../edge/api-exchange.ts';
import type { Emit } from './invoke-model.ts';

/** Where the events of a call go, and what is done once its usage line is durable. */
export interface Answer {
  readonly tell: Emit;
  readonly finish: (id: EventId) => void;
}

interface WholeAnswer {
  /** Headers of the dialect that name the call. */
  readonly headersOf: (id: EventId) => Headers;
  readonly write: (id: EventId, events: readonly ModelEvent[]) => void;
}

/** An answer that is given at once, when all of it is known. */
export function wholeAnswer(response: ApiResponse, { headersOf, write }: WholeAnswer): Answer {
  const events: ModelEvent[] = [];
  return {
    tell: (event) => {
      if (event.type === 'admitted') {
        response.identify(event.id, { ...event.headers, ...headersOf(event.id) });
      } else events.push(event);
    },
    finish: (id) => {
      write(id, events);
    },
  };
}

interface StreamedAnswer {
  readonly headersOf: (id: EventId) => Headers;
  readonly contentType: string;
  /** Turns the events of one call into pieces of its stream. */
  readonly open: (id: EventId) => (event: ModelEvent) => readonly (string | Uint8Array)[];
}

/** The head waits for the model's first word: a call that fails before it keeps its status. */
export function streamedAnswer(response: ApiResponse, streamed: StreamedAnswer): Answer {
  let piecesOf: ReturnType<StreamedAnswer['open']> | undefined;
  return {
    tell: (event) => {
      if (event.type === 'admitted') {
        response.identify(event.id, { ...event.headers, ...streamed.headersOf(event.id) });
        piecesOf = streamed.open(event.id);
        return;
      }
      const pieces = piecesOf?.(event) ?? [];
      if (pieces.length > 0) response.stream(streamed.contentType, pieces);
    },
    finish: () => {
      response.end();
    },
  };
}
