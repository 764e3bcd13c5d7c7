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
const UNREACHED = /\b(?:ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)\b/;

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

interface ServiceError extends Error {
  readonly code?: unknown;
  readonly $metadata?: { readonly httpStatusCode?: number; readonly requestId?: string };
  /** Of an error that came as an event: the answer it came in. */
  readonly $response?: {
    readonly statusCode?: number;
    readonly headers?: Readonly<Record<string, string>>;
  };
}

/** What became of an attempt that ended in an error. Where nobody can say what was used, it is `cut`. */
export function modelErrorOf(error: unknown, progress: Progress): ModelError {
  if (error instanceof ModelError) return error;
  const { name, message, $metadata, $response } = error as ServiceError;
  const failure = failureOf(error as ServiceError, progress);
  const requestId = $metadata?.requestId ?? $response?.headers?.['x-amzn-requestid'];
  return new ModelError(failure, `${name}: ${message}`, {
    upstreamId: requestId ?? progress.upstreamId,
  });
}

function failureOf(error: ServiceError, { answered, begun }: Progress): ModelFailure {
  const { name, $metadata, $response } = error;
  const failure = FAILURES.get(name) ?? failureOfStatus($metadata?.httpStatusCode);
  if (begun) return 'cut';
  // The first event of a stream may be an error: the SDK raises it as it raises a refusal.
  if (answered || $response?.statusCode === 200) {
    return failure && REFUSED_IN_STREAM.has(failure) ? failure : 'cut';
  }
  if (failure) return failure;
  // Not by its name: the SDK calls any connection that broke a TimeoutError.
  if (/\btimed out\b/.test(error.message)) return 'timeout';
  return isUnreached(error) ? 'upstream_error' : 'cut';
}

/** Several addresses leave a code and no message; HTTP/2 leaves a message and its own code. */
function isUnreached({ code, message }: ServiceError): boolean {
  return UNREACHED.test(typeof code === 'string' ? `${code} ${message}` : message);
}

/** An answer of 200 that could not be read says nothing of what was used. */
function failureOfStatus(status: number | undefined): ModelFailure | undefined {
  if (status === undefined || status < 400) return undefined;
  if (status === 429) return 'throttled';
  return status < 500 ? 'client_error' : 'upstream_error';
}
