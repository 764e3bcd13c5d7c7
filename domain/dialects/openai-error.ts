import type { Problem } from './problem.ts';
import { EVENT_STREAM_TYPE, serverSentEvent } from './server-sent-events.ts';

/** A problem in the shape that OpenAI's clients read. */
export function openAiError({ status, message, code, field }: Problem) {
  return { error: { message, type: typeOf(status), param: field, code } };
}

/** What OpenAI's clients read when something goes wrong. */
export const openAiDialect = {
  error: (problem: Problem) => ({ body: openAiError(problem) }),
  streamError: (problem: Problem) => ({
    contentType: EVENT_STREAM_TYPE,
    piece: serverSentEvent(JSON.stringify(openAiError(problem))),
  }),
};

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  if (status === 403) return 'permission_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
