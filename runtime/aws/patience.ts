import type { Clock } from '../../handlers/ports.ts';

interface Patience {
  readonly clock: Pick<Clock, 'sleep'>;
  /** Waits between attempts: from the first to the last, doubling. */
  readonly firstMs: number;
  readonly attempts: number;
}

/** How a service says that it was asked too much, or that it stumbled: ask again later. */
const PASSING: ReadonlySet<string> = new Set([
  ...['ThrottlingException', 'Throttling', 'TooManyRequestsException', 'RequestLimitExceeded'],
  ...['InternalServerException', 'InternalErrorException', 'ServiceUnavailableException'],
]);

/** Asks again, after longer and longer waits, as long as the service only wants to be left alone. */
export async function withPatience<T>(patience: Patience, ask: () => Promise<T>): Promise<T> {
  const { clock, firstMs, attempts } = patience;
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await ask();
    } catch (error) {
      if (attempt >= attempts || !PASSING.has((error as Error).name)) throw error;
      await clock.sleep(firstMs * 2 ** (attempt - 1));
    }
  }
}
