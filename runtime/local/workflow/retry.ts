import type { Retrier } from './definition.ts';

/** AWS: wildcards leave these two alone. https://docs.aws.amazon.com/step-functions, "Errors" */
const TERMINAL = ['States.Runtime', 'States.DataLimitExceeded'];

/** Whether an ErrorEquals list matches the name of an error. */
export function matchesError(errorEquals: readonly string[], error: string): boolean {
  return errorEquals.some((name) => {
    if (name === error) return true;
    if (TERMINAL.includes(error)) return false;
    return name === 'States.ALL' || (name === 'States.TaskFailed' && error !== 'States.Timeout');
  });
}

/**
 * How long to wait before trying again.
 *
 * @param attempt - Counts this retrier's retries from 1.
 */
export function retryDelayMs(retrier: Retrier, attempt: number, random: () => number): number {
  const { intervalSeconds, backoffRate, maxDelaySeconds, jitter } = retrier;
  const seconds = Math.min(intervalSeconds * backoffRate ** (attempt - 1), maxDelaySeconds);
  const share = jitter === 'FULL' ? random() : 1;
  return Math.round(seconds * share * 1000);
}

/** Counts the retries of one visit to a state, each retrier its own. */
export function createRetries(retriers: readonly Retrier[], random: () => number) {
  const used = new Map<Retrier, number>();

  /** Grants another attempt, or undefined when the matching retrier is used up or none matches. */
  function next(error: string): { retrier: number; attempt: number; delayMs: number } | undefined {
    const index = retriers.findIndex(({ errorEquals }) => matchesError(errorEquals, error));
    const retrier = retriers[index];
    if (retrier === undefined) return undefined;
    const attempt = (used.get(retrier) ?? 0) + 1;
    if (attempt > retrier.maxAttempts) return undefined;
    used.set(retrier, attempt);
    return { retrier: index, attempt, delayMs: retryDelayMs(retrier, attempt, random) };
  }

  return { next };
}
