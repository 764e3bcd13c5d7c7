import { AWS_EVENT_STREAM_TYPE, awsException } from './event-stream.ts';
import type { Problem } from './problem.ts';

/** What AWS's SDKs read when something goes wrong: the error's type stands in a header. */
export const bedrockDialect = {
  error: (problem: Problem) => {
    const { status, type } = errorOf(problem);
    return { status, body: { message: problem.message }, headers: { 'x-amzn-errortype': type } };
  },
  streamError: (problem: Problem) => ({
    contentType: AWS_EVENT_STREAM_TYPE,
    piece: awsException(exceptionOf(problem.status), problem.message),
  }),
};

/** A refusal that is 429 is tried again by every SDK of AWS; one that time does not heal must not be. */
function errorOf({ status, code }: Problem): { readonly status: number; readonly type: string } {
  if (code === 'insufficient_quota') return { status: 400, type: 'ServiceQuotaExceededException' };
  return { status, type: TYPES.get(status) ?? typeOfOthers(status) };
}

const TYPES: ReadonlyMap<number, string> = new Map([
  [401, 'UnrecognizedClientException'],
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [409, 'ConflictException'],
  [429, 'ThrottlingException'],
  [502, 'ModelErrorException'],
  [503, 'ServiceUnavailableException'],
  [504, 'ModelTimeoutException'],
]);

function typeOfOthers(status: number): string {
  return status >= 500 ? 'InternalServerException' : 'ValidationException';
}

/** The members of ConverseStream's and InvokeModelWithResponseStream's output that are errors. */
function exceptionOf(status: number): string {
  if (status === 429) return 'throttlingException';
  if (status === 502 || status === 504) return 'modelStreamErrorException';
  if (status === 503) return 'serviceUnavailableException';
  return status >= 500 ? 'internalServerException' : 'validationException';
}
