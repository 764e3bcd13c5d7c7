import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import { ModelError } from '../../domain/model-call.ts';
import type { ConverseCall, ModelEvent } from '../../domain/model-call.ts';
import { untilSilent, withinSilence } from './bedrock-attempt.ts';
import type { BedrockAttempt } from './bedrock-attempt.ts';
import { endOf, eventsOfBlock, eventsOfPiece } from './bedrock-events.ts';
import type { LastWords } from './bedrock-events.ts';
import { converseInput } from './bedrock-request.ts';

/** One conversation: `ConverseStream` where it is to be streamed, `Converse` otherwise. */
export function converse(attempt: BedrockAttempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  return call.stream ? streamed(attempt, call) : whole(attempt, call);
}

async function* whole(attempt: BedrockAttempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  const { client, abort } = attempt;
  const sent = client.send(new ConverseCommand(converseInput(call)), { abortSignal: abort.signal });
  const answer = await withinSilence(attempt, sent);
  attempt.upstreamId = answer.$metadata.requestId ?? null;
  for (const block of answer.output?.message?.content ?? []) yield* eventsOfBlock(block);
  yield endOf(answer, attempt.upstreamId ?? '');
}

async function* streamed(attempt: BedrockAttempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  const { client, abort } = attempt;
  const sent = client.send(new ConverseStreamCommand(converseInput(call)), {
    abortSignal: abort.signal,
  });
  const { stream, $metadata } = await withinSilence(attempt, sent);
  attempt.answered = true;
  attempt.upstreamId = $metadata.requestId ?? null;
  let last: LastWords = {};
  for await (const piece of untilSilent(attempt, stream)) {
    attempt.begun ||= piece.messageStart === undefined;
    if (piece.messageStop) last = { ...last, ...piece.messageStop };
    else if (piece.metadata) {
      yield endOf({ ...last, ...piece.metadata }, attempt.upstreamId ?? '');
      return;
    } else yield* eventsOfPiece(piece);
  }
  // Only its last event says what was used.
  throw new ModelError('cut', 'the stream ended before it said what was used', attempt);
}
