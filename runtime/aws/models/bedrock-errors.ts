import { ModelError } from '../../../domain/model-call.ts';
import { failureOf } from '../../node/bedrock-failures.ts';
import type { Progress } from '../../node/bedrock-failures.ts';

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
  const { name, message, code, $metadata, $response } = error as ServiceError;
  const said = { name, message, code, status: $metadata?.httpStatusCode };
  // The first event of a stream may be an error: the SDK raises it as it raises a refusal.
  const answered = progress.answered || $response?.statusCode === 200;
  const requestId = $metadata?.requestId ?? $response?.headers?.['x-amzn-requestid'];
  return new ModelError(failureOf(said, { ...progress, answered }), `${name}: ${message}`, {
    upstreamId: requestId ?? progress.upstreamId,
  });
}
