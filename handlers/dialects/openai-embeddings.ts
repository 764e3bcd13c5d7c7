import { UnreadableReply, embeddingVectors } from '../../domain/dialects/embedding-bodies.ts';
import {
  openAiEmbeddings,
  parseOpenAiEmbeddings,
} from '../../domain/dialects/openai-embeddings.ts';
import type { OpenAiEmbeddingsRequest } from '../../domain/dialects/openai-embeddings.ts';
import type { ApiHandler } from '../edge/api-exchange.ts';
import { CallFailed } from '../invoke/call-errors.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';

interface OpenAiEmbeddingsPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
}

/** `POST /v1/embeddings`: one vector per text, from as many bodies as the model's family needs. */
export function createOpenAiEmbeddings({ invokeModel }: OpenAiEmbeddingsPorts): ApiHandler {
  return async function openAiEmbeddingsOf({ principal, body }, response) {
    const request = parseOpenAiEmbeddings(body);
    const replies: Uint8Array[] = [];
    const { usage, settled } = await invokeModel(principal, request.call, (event) => {
      if (event.type === 'admitted') response.identify(event.id, event.headers);
      if (event.type === 'body') replies.push(event.bytes);
    });
    const vectors = vectorsOf(request, replies);
    if (typeof vectors === 'string') {
      // The call is metered by now: a reply that cannot be read is the model's failure, and paid for.
      await settled;
      throw new CallFailed(502, vectors);
    }
    response.json(200, openAiEmbeddings(request, vectors, usage));
    return { settled };
  };
}

/** The vectors, or why the replies cannot be read. */
function vectorsOf({ family, count }: OpenAiEmbeddingsRequest, replies: readonly Uint8Array[]) {
  try {
    return embeddingVectors(family, replies, count);
  } catch (error) {
    if (error instanceof UnreadableReply) return error.message;
    throw error;
  }
}
