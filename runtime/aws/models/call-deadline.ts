import { ModelError } from '../../../domain/model-call.ts';
import type { ModelEvent } from '../../../domain/model-call.ts';
import type { ModelClient } from '../../../handlers/ports.ts';

/** What is left to tell the caller, before Lambda ends the function in the middle of a word. */
const MARGIN_MS = 5_000;

/**
 * A model whose answers end before the function does. Nobody knows by then what the model used, so
 * the outcome is unknown: the reservation stays held, and its lease ends in suspense.
 *
 * @param remainingMs - what Lambda still gives the function.
 */
export function untilDeadline(models: ModelClient, remainingMs: () => number): ModelClient {
  return {
    ...models,
    invoke: (call) => readUntil(models.invoke(call), remainingMs() - MARGIN_MS),
  };
}

async function* readUntil(
  events: AsyncIterable<ModelEvent>,
  limitMs: number,
): AsyncGenerator<ModelEvent> {
  const { promise: late, reject } = Promise.withResolvers<never>();
  late.catch(() => undefined);
  const timer = setTimeout(() => {
    reject(new ModelError('timeout', 'the gateway ends before the answer does'));
  }, limitMs);
  const iterator = events[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await Promise.race([iterator.next(), late]);
      if (next.done === true) return;
      yield next.value;
    }
  } finally {
    clearTimeout(timer);
  }
}
