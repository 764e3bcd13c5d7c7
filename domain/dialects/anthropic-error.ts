import type { Problem } from './problem.ts';
import { EVENT_STREAM_TYPE, serverSentEvent } from './server-sent-events.ts';

const TYPES: ReadonlyMap<number, string> = new Map([
  [401, 'authentication_error'],
  [402, 'billing_error'],
  [403, 'permission_error'],
  [404, 'not_found_error'],
  [413, 'request_too_large'],
  [429, 'rate_limit_error'],
  [504, 'timeout_error'],
  [529, 'overloaded_error'],
]);

/** A problem in the shape that Anthropic's clients read. The call's id stands in `request-id`. */
export function anthropicError({ status, message }: Problem) {
  const others = status >= 500 ? 'api_error' : 'invalid_request_error';
  const error = { type: TYPES.get(status) ?? others, message };
  return { type: 'error', error, request_id: null } as const;
}

/** What Anthropic's clients read when something goes wrong. */
export const anthropicDialect = {
  error: (problem: Problem) => ({
    body: anthropicError(problem),
    // Time does not heal it: the SDK would try every 429 again.
    ...(problem.code === 'insufficient_quota' && { headers: { 'x-should-retry': 'false' } }),
  }),
  streamError: (problem: Problem) => ({
    contentType: EVENT_STREAM_TYPE,
    piece: serverSentEvent(JSON.stringify(anthropicError(problem)), 'error'),
  }),
};
