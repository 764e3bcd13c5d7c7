/** How a stream of server-sent events calls itself. */
export const EVENT_STREAM_TYPE = 'text/event-stream; charset=utf-8';

/**
 * One server-sent event.
 *
 * @param data - Without line feeds: JSON text, or a word such as `[DONE]`.
 */
export function serverSentEvent(data: string, event?: string): string {
  return event === undefined ? `data: ${data}\n\n` : `event: ${event}\ndata: ${data}\n\n`;
}
