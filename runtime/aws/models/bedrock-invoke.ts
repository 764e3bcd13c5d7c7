import {
  InvokeModelCommand,
  InvokeModelWithResponseStreamCommand,
} from '@aws-sdk/client-bedrock-runtime';
import type { InvokeCall, ModelEvent } from '../../../domain/model-call.ts';
import { cutShort } from '../../node/bedrock-failures.ts';
import { answersToBodies } from '../../node/bedrock-bodies.ts';
import { createChunkReader } from '../../node/bedrock-invoked.ts';
import type { InvokeAnswer } from '../../node/bedrock-invoked.ts';
import { untilSilent, withinSilence } from './bedrock-attempt.ts';
import type { BedrockAttempt } from './bedrock-attempt.ts';
import { modelErrorOf } from './bedrock-errors.ts';
import { invokeInput } from './bedrock-request.ts';

/** Bodies in the model's own format, one upstream request each. */
export function invokeBodies(
  attempt: BedrockAttempt,
  call: InvokeCall,
): AsyncGenerator<ModelEvent> {
  if (call.stream) return streamed(attempt, call);
  return answersToBodies(call, (body) => sendBody({ ...attempt }, invokeInput(call, body)));
}

async function sendBody(
  attempt: BedrockAttempt,
  input: ReturnType<typeof invokeInput>,
): Promise<InvokeAnswer> {
  const { client, abort } = attempt;
  const command = new InvokeModelCommand(input);
  let headers: Readonly<Record<string, string>> = {};
  // The SDK keeps the counts of tokens to itself: they stand in headers that its output has not.
  command.middlewareStack.add(
    (next) => async (args) => {
      const result = await next(args);
      ({ headers = {} } = result.response as { headers?: Readonly<Record<string, string>> });
      return result;
    },
    { step: 'deserialize', name: 'keepTokenCounts' },
  );
  try {
    const sent = client.send(command, { abortSignal: abort.signal });
    const answer = await withinSilence(attempt, sent);
    const { body, contentType = '', serviceTier, performanceConfigLatency } = answer;
    attempt.upstreamId = answer.$metadata.requestId ?? null;
    const served = { serviceTier, performanceConfigLatency, upstreamId: attempt.upstreamId };
    return { ...served, bytes: new Uint8Array(body), contentType, headers };
  } catch (error) {
    throw modelErrorOf(error, attempt);
  }
}

async function* streamed(attempt: BedrockAttempt, call: InvokeCall): AsyncGenerator<ModelEvent> {
  const { client, abort } = attempt;
  const [body = new Uint8Array()] = call.bodies;
  const command = new InvokeModelWithResponseStreamCommand(invokeInput(call, body));
  const answer = await withinSilence(attempt, client.send(command, { abortSignal: abort.signal }));
  attempt.answered = true;
  attempt.upstreamId = answer.$metadata.requestId ?? null;
  const { serviceTier, performanceConfigLatency } = answer;
  const served = { serviceTier, performanceConfigLatency, upstreamId: attempt.upstreamId };
  const chunks = createChunkReader(call, served);
  for await (const { chunk } of untilSilent(attempt, answer.body)) {
    if (!chunk?.bytes) continue;
    attempt.begun = true;
    yield chunks.read(new Uint8Array(chunk.bytes));
  }
  const end = chunks.end();
  if (!end) throw cutShort(attempt);
  yield end;
}
