import { UnreadableAnswer } from '../../../domain/sagemaker/answer.ts';
import { EventStreamError } from '../../../domain/dialects/event-stream-reader.ts';
import { BadRequest } from '../../../domain/dialects/problem.ts';
import { ModelError } from '../../../domain/model-call.ts';
import { failureOf } from '../../node/bedrock-failures.ts';
import type { Progress } from '../../node/bedrock-failures.ts';

/** One attempt on an endpoint, and how far it has come. */
export interface EndpointAttempt extends Progress {
  answered: boolean;
  begun: boolean;
  upstreamId: string | null;
  /** Gives up when the model has said nothing for too long. */
  readonly signal: AbortSignal;
  /** A word came: the patience begins anew. */
  heard(): void;
  end(): void;
}

/** Begins an attempt, and to be patient. */
export function beginAttempt(silenceMs: number): EndpointAttempt {
  const abort = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const heard = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      abort.abort(new SilentModel(`the model said nothing for ${silenceMs} ms`));
    }, silenceMs);
  };
  heard();
  return {
    ...{ answered: false, begun: false, upstreamId: null, signal: abort.signal, heard },
    end: () => {
      clearTimeout(timer);
      // A stream nobody reads to its end must not hold its connection.
      abort.abort();
    },
  };
}

/** What `fetch` says before and after an answer has begun; why is in the cause. */
const FETCH_FAILED = /^(?:fetch failed|terminated)$/;

class SilentModel extends Error {
  override readonly name = 'SilentModel';
}

/** What an endpoint that refuses or fails says; its container's own words may quote what it was sent. */
export async function refusalOf(reply: Response, attempt: EndpointAttempt): Promise<ModelError> {
  const name = reply.headers.get('x-amzn-errortype')?.split(':', 1)[0] ?? '';
  const said = name === 'ModelError' ? await containerStatus(reply) : reply.status;
  const failure = failureOf({ name, status: said, message: '' }, attempt);
  const message = `the endpoint answered ${name || 'an error'}, status ${said}`;
  return new ModelError(failure, message, { upstreamId: attempt.upstreamId });
}

/** What the container itself answered; 500 where nobody says. */
async function containerStatus(reply: Response): Promise<number> {
  try {
    const { OriginalStatusCode: status } = (await reply.json()) as { OriginalStatusCode?: unknown };
    return typeof status === 'number' && status >= 400 ? status : 500;
  } catch {
    return 500;
  }
}

/** What became of an attempt that ended in an error. Where nobody can say what was used, it is `cut`. */
export function endpointError(error: unknown, attempt: EndpointAttempt): unknown {
  const { upstreamId } = attempt;
  if (error instanceof ModelError) return error;
  // Admission refuses it before: whoever comes here went around it.
  if (error instanceof BadRequest) return new ModelError('client_error', error.message);
  const { reason } = attempt.signal as { readonly reason: unknown };
  if (reason instanceof SilentModel)
    return new ModelError('timeout', reason.message, { upstreamId });
  if (error instanceof UnreadableAnswer || error instanceof EventStreamError) {
    return new ModelError('cut', error.message, { upstreamId });
  }
  const { message: how, cause } = error as Error;
  if (!FETCH_FAILED.test(how)) return error;
  const { name = '', message = how, code } = (cause ?? {}) as Partial<Error> & { code?: unknown };
  const failure = failureOf({ name, message, code }, attempt);
  return new ModelError(failure, `the endpoint was not reached: ${message}`, { upstreamId });
}
