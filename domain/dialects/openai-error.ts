import type { Problem } from './problem.ts';

/** A problem in the shape that OpenAI's clients read. */
export function openAiError({ status, message, code, field }: Problem) {
  return { error: { message, type: typeOf(status), param: field, code } };
}

function typeOf(status: number): string {
  if (status === 429) return 'rate_limit_error';
  if (status === 403) return 'permission_error';
  return status >= 500 ? 'server_error' : 'invalid_request_error';
}
