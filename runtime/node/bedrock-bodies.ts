import { ModelError } from '../../domain/model-call.ts';
import type { InvokeCall, ModelEvent } from '../../domain/model-call.ts';
import { sumOther } from '../../domain/other-meters.ts';
import type { OtherMeters } from '../../domain/other-meters.ts';
import { sumUsage } from '../../domain/reported-usage.ts';
import { endOfInvoke, usedByAnswer } from './bedrock-invoked.ts';
import type { InvokeAnswer, UsedByAnswer } from './bedrock-invoked.ts';

/** Requests of one call that run at once at most: a list of texts must not be a queue of waits. */
export const BODIES_AT_ONCE = 16;

/** Sends one body. @throws ModelError where the attempt failed. */
export type SendBody = (body: Uint8Array) => Promise<InvokeAnswer>;

interface Answered {
  readonly answer: InvokeAnswer;
  readonly used: UsedByAnswer;
}

/** How the request of one body ended. */
type Ended = Answered | { readonly error: unknown };

/**
 * Bodies of one call, one upstream request each, some of them at once; answers come in the order of the
 * bodies. Where one fails no other is begun, those that run are waited for, and what all of them used
 * is told with the failure.
 *
 * @throws ModelError of the first that failed; without usage where nobody can say what all of them used.
 */
export async function* answersToBodies(
  call: InvokeCall,
  send: SendBody,
): AsyncGenerator<ModelEvent> {
  const answered: Answered[] = [];
  const errors: unknown[] = [];
  for await (const ended of inOrder(call, send)) {
    if ('error' in ended) errors.push(ended.error);
    else {
      answered.push(ended);
      const { bytes, contentType } = ended.answer;
      if (errors.length === 0) yield { type: 'body', bytes, contentType };
    }
  }
  const used = sumUsed(answered.map((one) => one.used));
  if (errors.length > 0) throw failureWith(call, errors, answered.length > 0 ? used : undefined);
  const served = answered.at(-1)?.answer ?? { upstreamId: null };
  yield endOfInvoke(call, served, used);
}

async function* inOrder(call: InvokeCall, send: SendBody): AsyncGenerator<Ended> {
  const running: Promise<Ended>[] = [];
  const waiting = call.bodies.values();
  const so = { far: 'whole' as 'whole' | 'broken' };

  async function begin(body: Uint8Array): Promise<Ended> {
    try {
      const answer = await send(body);
      const used = usedByAnswer(call, answer);
      if (!used.usage) so.far = 'broken';
      return { answer, used };
    } catch (error) {
      so.far = 'broken';
      return { error };
    }
  }

  for (;;) {
    while (so.far === 'whole' && running.length < BODIES_AT_ONCE) {
      const next = waiting.next();
      if (next.done === true) break;
      running.push(begin(next.value));
    }
    const first = running.shift();
    if (!first) return;
    yield await first;
  }
}

/** Null, or undefined, as soon as one of them did not say. */
function sumUsed(all: readonly UsedByAnswer[]): UsedByAnswer {
  const usages = all.flatMap(({ usage }) => (usage ? [usage] : []));
  const units = all.flatMap((one) => (one.units ? [one.units] : []));
  return {
    usage: usages.length === all.length ? sumUsage(usages) : null,
    units: units.length === all.length ? units.reduce(sumOther, {}) : undefined,
  };
}

/** What is to be thrown: one that leaves open what was used, before any that does not. */
function failureWith(
  call: InvokeCall,
  errors: readonly unknown[],
  used: UsedByAnswer | undefined,
): unknown {
  const [first] = errors;
  const open = errors.find((error) => !(error instanceof ModelError) || leavesOpen(error));
  if (open !== undefined || !used || !(first instanceof ModelError)) return open ?? first;
  const { failure, message, upstreamId } = first;
  if (!used.usage) return new ModelError('cut', message, { upstreamId });
  const other = otherOf(call, used.units);
  return new ModelError(failure, message, { upstreamId, usage: used.usage, other });
}

function leavesOpen({ failure }: ModelError): boolean {
  return failure === 'cut' || failure === 'timeout';
}

/** What only the request tells is told of all its bodies together: it is counted, never lost. */
function otherOf({ other }: InvokeCall, units: OtherMeters | undefined): OtherMeters | null {
  if (units === undefined && Object.keys(other).length === 0) return null;
  return sumOther(other, units ?? {});
}
