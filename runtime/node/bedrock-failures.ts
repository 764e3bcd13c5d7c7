import { ModelError } from '../../domain/model-call.ts';
import type { ModelFailure } from '../../domain/model-call.ts';

/** What Bedrock's errors mean; docs.aws.amazon.com/bedrock/latest/userguide/troubleshooting-api-error-codes.html, read 2026-11-21. */
const FAILURES: ReadonlyMap<string, ModelFailure> = new Map([
  ['ThrottlingException', 'throttled'],
  ['ServiceQuotaExceededException', 'throttled'],
  ['ModelNotReadyException', 'throttled'],
  ['ValidationException', 'client_error'],
  ['AccessDeniedException', 'client_error'],
  ['ResourceNotFoundException', 'client_error'],
  ['ConflictException', 'client_error'],
  ['InternalServerException', 'upstream_error'],
  ['ServiceUnavailableException', 'upstream_error'],
  ['ModelErrorException', 'upstream_error'],
  ['ModelTimeoutException', 'timeout'],
]);

/** Nothing was sent: no connection came about. */
const UNREACHED =
  /\b(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH|UND_ERR_CONNECT_TIMEOUT)\b/;

/** Errors that end a stream which had begun without any of the answer being made. */
const REFUSED_IN_STREAM: ReadonlySet<ModelFailure> = new Set(['throttled', 'client_error']);

/** How far an attempt had come. */
export interface Progress {
  /** Bedrock has answered: a model may be at work. */
  readonly answered: boolean;
  /** Some of the answer came. */
  readonly begun: boolean;
  readonly upstreamId: string | null;
}

/** What is known of an error, whoever raised it. */
export interface SaidOfError {
  /** Bedrock's own name of it, such as `ThrottlingException`. */
  readonly name: string;
  /** HTTP status of the answer, if there was one. */
  readonly status?: number | undefined;
  readonly message: string;
  /** Such as `ECONNREFUSED`. */
  readonly code?: unknown;
}

/** What an attempt that ended in an error came to. Where nobody can say what was used, it is `cut`. */
export function failureOf(said: SaidOfError, { answered, begun }: Progress): ModelFailure {
  const failure = FAILURES.get(said.name) ?? failureOfStatus(said.status);
  if (begun) return 'cut';
  if (answered) return failure && REFUSED_IN_STREAM.has(failure) ? failure : 'cut';
  if (failure) return failure;
  // Not by its name: the SDK calls any connection that broke a TimeoutError.
  if (/\btimed out\b/.test(said.message)) return 'timeout';
  return isUnreached(said) ? 'upstream_error' : 'cut';
}

/** Several addresses leave a code and no message; HTTP/2 leaves a message and its own code. */
function isUnreached({ code, message }: SaidOfError): boolean {
  return UNREACHED.test(typeof code === 'string' ? `${code} ${message}` : message);
}

/** An answer of 200 that could not be read says nothing of what was used. */
function failureOfStatus(status: number | undefined): ModelFailure | undefined {
  if (status === undefined || status < 400) return undefined;
  if (status === 429) return 'throttled';
  return status < 500 ? 'client_error' : 'upstream_error';
}

/** Only the last event of a stream says what was used, and it never came. */
export function cutShort({ upstreamId }: Progress): ModelError {
  const message = 'the stream ended before it said what was used';
  return new ModelError('cut', message, { upstreamId });
}
