import { setTimeout as sleep } from 'node:timers/promises';
import { StoreUnavailable } from '../../handlers/ports.ts';

const ATTEMPTS = 10;
const FIRST_PAUSE_MS = 25;
const LONGEST_PAUSE_MS = 1000;

/** What passes by itself. The SDK does not count a conflict with a transaction among them. */
const PASSING: ReadonlySet<string> = new Set([
  ...['ProvisionedThroughputExceededException', 'ThrottlingException', 'RequestLimitExceeded'],
  ...['TransactionConflictException', 'TransactionInProgressException', 'InternalServerError'],
  ...['ServiceUnavailable', 'TimeoutError'],
]);
const UNREACHED: ReadonlySet<unknown> = new Set([
  ...['ECONNRESET', 'ECONNREFUSED', 'EPIPE', 'ETIMEDOUT', 'EAI_AGAIN', 'ENOTFOUND'],
]);

/**
 * Asks the store, again and ever more slowly while it is throttled, in conflict or out of reach: ten
 * times over about two seconds. The work must be safe to repeat: its first attempt may have been done
 * although its answer was lost.
 *
 * @throws StoreUnavailable when it has not passed; any other error at once, as it is.
 */
export async function politely<T>(work: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!passes(error)) throw error;
      if (attempt === ATTEMPTS) {
        const said = `${error.name}: ${error.message}`;
        throw new StoreUnavailable(`store: gave up after ${ATTEMPTS} attempts: ${said}`, {
          cause: error,
        });
      }
      const longest = Math.min(FIRST_PAUSE_MS * 2 ** (attempt - 1), LONGEST_PAUSE_MS);
      // Anywhere within the pause: callers that were refused together must not return together.
      await sleep(Math.random() * longest);
    }
  }
}

/** Why an item stopped a transaction, where that passes by itself. */
const PASSING_REASONS: ReadonlySet<unknown> = new Set([
  ...['None', 'TransactionConflict', 'ThrottlingError', 'ProvisionedThroughputExceeded'],
]);

interface SdkError extends Error {
  readonly code?: unknown;
  readonly CancellationReasons?: readonly { readonly Code?: string }[];
  readonly $metadata?: { readonly httpStatusCode?: number };
}

function passes(error: unknown): error is Error {
  if (!(error instanceof Error)) return false;
  const { name, code, $metadata, CancellationReasons: reasons } = error as SdkError;
  if (reasons) return reasons.every((reason) => PASSING_REASONS.has(reason.Code));
  return PASSING.has(name) || UNREACHED.has(code) || ($metadata?.httpStatusCode ?? 0) >= 500;
}
