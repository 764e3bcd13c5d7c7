import type { Problem } from '../../domain/dialects/problem.ts';
import { kindOfCounter } from '../../domain/limits.ts';
import type { LimitReached } from '../ports.ts';

/** A call that cannot be admitted; nothing was reserved and no model was reached. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused';
  readonly problem: Problem;

  constructor({ status, message, code, field }: Problem) {
    super(field === null ? message : `${field}: ${message}`);
    this.problem = { status, code, field, message: this.message };
  }
}

/** A call that was admitted and then failed upstream: it is metered like any other. */
export class CallFailed extends Error {
  override readonly name = 'CallFailed';
  readonly status: number;

  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

const WORDS = {
  usd: ['insufficient_quota', 'the budget has no room for the most that this call can cost'],
  requests: ['rate_limit_exceeded', 'too many requests in this minute'],
  tokens: ['rate_limit_exceeded', 'too many tokens in this minute'],
  running: ['rate_limit_exceeded', 'too many calls at once'],
} as const;

/** What a tenant is told whose limit is reached: which one, and nothing of anybody else's. */
export function limitRefusal({ counter }: LimitReached): CallRefused {
  const kind = kindOfCounter(counter);
  const [code, message] = WORDS[kind];
  const [, , ...which] = counter.split('/');
  const named = which.length > 0 ? `${message} (${which.join(' ')})` : message;
  return new CallRefused({ status: 429, code, field: null, message: named });
}
