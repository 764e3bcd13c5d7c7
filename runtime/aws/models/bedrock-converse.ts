import { ConverseCommand, ConverseStreamCommand } from '@aws-sdk/client-bedrock-runtime';
import type { ConverseCall, ModelEvent } from '../../../domain/model-call.ts';
import {
  createConverseReader,
  endOfConverse,
  eventsOfBlock,
  isBeginning,
} from '../../node/bedrock-events.ts';
import type { ConversePiece, LastWords, WireBlock } from '../../node/bedrock-events.ts';
import { cutShort } from '../../node/bedrock-failures.ts';
import { untilSilent, withinSilence } from './bedrock-attempt.ts';
import type { BedrockAttempt } from './bedrock-attempt.ts';
import { converseInput } from './bedrock-request.ts';

/** One conversation: `ConverseStream` where it is to be streamed, `Converse` otherwise. */
export function converse(attempt: BedrockAttempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  return call.stream ? streamed(attempt, call) : whole(attempt, call);
}

async function* whole(attempt: BedrockAttempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  const { client, abort } = attempt;
  const sent = client.send(new ConverseCommand(converseInput(call)), { abortSignal: abort.signal });
  const { $metadata, output, ...said } = await withinSilence(attempt, sent);
  attempt.upstreamId = $metadata.requestId ?? null;
  for (const block of output?.message?.content ?? []) {
    yield* eventsOfBlock(asOnWire(block) as WireBlock);
  }
  yield endOfConverse(asOnWire(said) as LastWords, attempt.upstreamId ?? '');
}

async function* streamed(attempt: BedrockAttempt, call: ConverseCall): AsyncGenerator<ModelEvent> {
  const { client, abort } = attempt;
  const sent = client.send(new ConverseStreamCommand(converseInput(call)), {
    abortSignal: abort.signal,
  });
  const { stream, $metadata } = await withinSilence(attempt, sent);
  attempt.answered = true;
  attempt.upstreamId = $metadata.requestId ?? null;
  const read = createConverseReader(attempt.upstreamId ?? '');
  for await (const came of untilSilent(attempt, stream)) {
    const piece = asOnWire(came) as ConversePiece;
    attempt.begun ||= isBeginning(piece);
    for (const event of read(piece)) {
      yield event;
      if (event.type === 'end') return;
    }
  }
  throw cutShort(attempt);
}

/** The SDK's value as JSON has it: bytes are base64 there. */
function asOnWire(value: unknown): unknown {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (Array.isArray(value)) return value.map(asOnWire);
  if (typeof value !== 'object' || value === null) return value;
  const members = Object.entries(value).filter(([, one]) => one !== undefined);
  return Object.fromEntries(members.map(([name, one]) => [name, asOnWire(one)]));
}
