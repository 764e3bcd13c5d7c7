import type { Problem } from './problem.ts';
import { EVENT_STREAM_TYPE, serverSentEvent } from './server-sent-events.ts';

/** Code of a refusal that waiting does not help: a budget is used up. */
const QUOTA = 'insufficient_quota';

/** A problem in the shape that OpenAI's clients read. */
export function openAiError({ status, message, code, field }: Problem) {
  return { error: { message, type: typeOf(status, code), param: field, code } };
}

/** What OpenAI's clients read when something goes wrong. */
export const openAiDialect = {
  error: (problem: Problem) => ({
    body: openAiError(problem),
    // Left to themselves the SDKs try every 429 again, twice.
    ...(problem.code === QUOTA && { headers: { 'x-should-retry': 'false' } }),
  }),
  streamError: (problem: Problem) => ({
    contentType: EVENT_STREAM_TYPE,
    piece: serverSentEvent(JSON.stringify(openAiError(problem))),
  }),
};

/** The same, but for streams whose events have names. */
export const openAiResponsesDialect = {
  ...openAiDialect,
  streamError: (problem: Problem) => {
    const { error } = openAiError(problem);
    const { message, param, code } = error;
    // Comes after every other event, whose count this does not know.
    const numbered = { sequence_number: Number.MAX_SAFE_INTEGER };
    const event = { type: 'error', code, message, param, ...numbered, error };
    return {
      contentType: EVENT_STREAM_TYPE,
      piece: serverSentEvent(JSON.stringify(event), 'error'),
    };
  },
};

function typeOf(status: number, code: string | null): string {
  if (code === QUOTA) return QUOTA;
  if (status === 429) return 'rate_limit_error';
  if (status === 403) return 'permission_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
