import { CountTokensCommand } from '@aws-sdk/client-bedrock-runtime';
import type { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { MINUTE_MS } from '../../../domain/instant.ts';
import type { ModelCall, ModelEvent } from '../../../domain/model-call.ts';
import type { ModelClient } from '../../../handlers/ports.ts';
import { openAttempt } from './bedrock-attempt.ts';
import { converse } from './bedrock-converse.ts';
import { modelErrorOf } from './bedrock-errors.ts';
import { invokeBodies } from './bedrock-invoke.ts';
import { countInput } from './bedrock-request.ts';

export interface BedrockModelOptions {
  /** Made with `maxAttempts: 1`: a retry would be a call that nobody reserved. */
  readonly client: BedrockRuntimeClient;
  /** A model that says nothing for so long is given up. */
  readonly silenceMs?: number;
}

/** The client would try again by itself. */
export class RetriesLeftOn extends Error {
  override readonly name = 'RetriesLeftOn';
}

/** Whole answers come after all of their generation: it is silence until then. */
const SILENCE_MS = 10 * MINUTE_MS;

/** Models on Bedrock: Converse for conversations, InvokeModel for bodies in a model's own format. */
export function createBedrockModel({ client, silenceMs }: BedrockModelOptions): ModelClient {
  async function* invoke(call: ModelCall): AsyncGenerator<ModelEvent> {
    await refuseRetries(client);
    const attempt = openAttempt(client, silenceMs ?? SILENCE_MS);
    try {
      yield* call.kind === 'converse' ? converse(attempt, call) : invokeBodies(attempt, call);
    } catch (error) {
      throw modelErrorOf(error, attempt);
    }
  }

  async function countTokens(call: ModelCall): Promise<number> {
    try {
      const { inputTokens = 0 } = await client.send(new CountTokensCommand(countInput(call)));
      return inputTokens;
    } catch (error) {
      throw modelErrorOf(error, { answered: false, begun: false, upstreamId: null });
    }
  }

  return { invoke, countTokens };
}

async function refuseRetries(client: BedrockRuntimeClient): Promise<void> {
  const attempts = await client.config.maxAttempts();
  if (attempts === 1) return;
  throw new RetriesLeftOn(`Bedrock client: got maxAttempts ${attempts}, expected 1`);
}
