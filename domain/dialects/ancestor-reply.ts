import { contentOf } from '../converse-blocks.ts';
import type { ContentBlock, JsonObject } from '../converse.ts';
import type { EventId } from '../event-id.ts';
import type { ModelEvent } from '../model-call.ts';
import type { AncestorEmbeddings } from './ancestor-media.ts';
import { UnreadableReply, embeddingVectors } from './embedding-bodies.ts';
import type { ListedModel } from './openai-models.ts';
import type { Problem } from './problem.ts';

/** Every answer of the ancestor is a list; its clients read the first element. */
export type AncestorReply = readonly JsonObject[];

/**
 * The answer to a call for text: its parts joined by a space. Tools that are to be used come first,
 * one element each, with the text beside the first of them.
 */
export function ancestorText(events: readonly ModelEvent[]): AncestorReply {
  const content = contentOf(events);
  const text = content.flatMap(textOf).join(' ').trimEnd();
  const tools = content.flatMap(({ toolUse }) => (toolUse ? [{ toolUse }] : []));
  const [first, ...others] = tools;
  if (!first) return [{ generated_text: text }];
  return [{ ...first, ...(text !== '' && { generated_text: text }) }, ...others];
}

function textOf(block: ContentBlock): readonly string[] {
  if (block.text !== undefined) return [block.text];
  const cited = block['citationsContent'] as
    { readonly content: readonly { readonly text: string }[] } | undefined;
  return cited?.content.map(({ text }) => text) ?? [];
}

/** The answer to a call for vectors: all of them, one element each, in the order of the inputs. */
export function ancestorVectors(
  { family, count }: AncestorEmbeddings,
  events: readonly ModelEvent[],
): AncestorReply {
  return embeddingVectors(family, bodiesIn(events), count).map((embedding) => ({ embedding }));
}

/**
 * The answer to a call for pictures: `artifacts` or `images`, as the model calls them.
 *
 * @throws UnreadableReply where there is neither.
 */
export function ancestorImages(events: readonly ModelEvent[]): AncestorReply {
  const [body] = bodiesIn(events);
  const { artifacts, images } = jsonIn(body);
  if (Array.isArray(artifacts)) return [{ artifacts }];
  if (Array.isArray(images)) return [{ images }];
  throw new UnreadableReply('pictures: got a reply without artifacts or images');
}

/** The answer to a call that runs on: come back with this. */
export function ancestorTicket(id: EventId): AncestorReply {
  return [{ request_id: id }];
}

/** The answer to `GET /list_foundation_models`, in the shape of Bedrock's own list. */
export function ancestorModels(models: readonly ListedModel[], region: string): AncestorReply {
  const modelSummaries = models.map(({ id, provider, text }) => {
    // An id of a profile is no foundation model's, and has an ARN of its account.
    const isBase = id.startsWith(`${provider}.`);
    return {
      ...(isBase && { modelArn: `arn:aws:bedrock:${region}::foundation-model/${id}` }),
      ...{ modelId: id, modelName: id, providerName: provider },
      ...(text && { outputModalities: ['TEXT'], responseStreamingSupported: true }),
      modelLifecycle: { status: 'ACTIVE' },
    };
  });
  return [{ modelSummaries }];
}

/** A problem where the ancestor's clients look for an answer, with a type for those that look closer. */
export function ancestorError({ status, message, code, field }: Problem): AncestorReply {
  return [{ generated_text: message, error: { type: code ?? typeOf(status), message, field } }];
}

/** What the ancestor's clients read when something goes wrong. */
export const ancestorDialect = {
  error: (problem: Problem) => ({ body: ancestorError(problem) }),
  streamError: (problem: Problem) => ({
    contentType: 'application/json; charset=utf-8',
    piece: JSON.stringify(ancestorError(problem)),
  }),
};

function typeOf(status: number): string {
  if (status === 403) return 'forbidden';
  if (status === 404) return 'not_found';
  if (status === 429) return 'rate_limit_exceeded';
  return status >= 500 ? 'model_failed' : 'bad_request';
}

function jsonIn(body: Uint8Array | undefined): JsonObject {
  try {
    const value: unknown = JSON.parse(new TextDecoder().decode(body));
    if (typeof value === 'object' && value !== null) return value as JsonObject;
  } catch {
    // The parser's own message quotes the reply.
  }
  throw new UnreadableReply('pictures: got something else, expected an object');
}

function bodiesIn(events: readonly ModelEvent[]): readonly Uint8Array[] {
  return events.flatMap((event) => (event.type === 'body' ? [event.bytes] : []));
}
