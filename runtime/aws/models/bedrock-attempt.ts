import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { ModelError } from '../../../domain/model-call.ts';

/** What one attempt is made with, and how far it has come. */
export interface BedrockAttempt {
  readonly client: BedrockRuntimeClient;
  /** Gives up on what is under way. */
  readonly abort: AbortController;
  /** A model that says nothing for so long is given up. */
  readonly silenceMs: number;
  /** Bedrock has answered: a model may be at work. */
  answered: boolean;
  /** Some of the answer came. */
  begun: boolean;
  upstreamId: string | null;
}

/** An attempt that has not been made yet. */
export function openAttempt(client: BedrockRuntimeClient, silenceMs: number): BedrockAttempt {
  const abort = new AbortController();
  return { client, abort, silenceMs, answered: false, begun: false, upstreamId: null };
}

/** Waits for the next word. @throws ModelError `timeout` where none comes in time. */
export async function withinSilence<T>(attempt: BedrockAttempt, work: Promise<T>): Promise<T> {
  const { abort, silenceMs, upstreamId } = attempt;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    const message = `the model said nothing for ${silenceMs} ms`;
    reject(new ModelError('timeout', message, { upstreamId }));
    abort.abort();
  }, silenceMs);
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Reads a stream to its end, as long as its next piece comes in time. */
export async function* untilSilent<T>(
  attempt: BedrockAttempt,
  stream: AsyncIterable<T> | undefined,
): AsyncGenerator<T> {
  const iterator = stream?.[Symbol.asyncIterator]();
  while (iterator) {
    const next = await withinSilence(attempt, iterator.next());
    if (next.done === true) return;
    yield next.value;
  }
}
