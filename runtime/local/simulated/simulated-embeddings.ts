import { embeddingFamilyOf } from '../../../domain/dialects/embedding-bodies.ts';
import type { InvokeCall } from '../../../domain/model-call.ts';

const DIMENSIONS_DEFAULT = 1024;

/** The parts of a family's body that a simulated model reads. */
interface EmbeddingBody {
  readonly inputText?: string;
  readonly dimensions?: number;
  readonly embeddingConfig?: { readonly outputEmbeddingLength?: number };
  readonly texts?: readonly string[];
  readonly images?: readonly string[];
  readonly embedding_types?: readonly string[];
  readonly output_dimension?: number;
  readonly singleEmbeddingParams?: {
    readonly embeddingDimension?: number;
    readonly text?: { readonly value: string };
  };
}

/**
 * Answers a call for embeddings in its family's own format, one reply per body; undefined for a call
 * to any other model. Vectors have length 1 and follow from the text alone.
 */
export function simulatedEmbeddings(call: InvokeCall): readonly Uint8Array[] | undefined {
  if (!embeddingFamilyOf(call.modelRequested)) return undefined;
  return call.bodies.map((bytes) => {
    const body = JSON.parse(new TextDecoder().decode(bytes)) as EmbeddingBody;
    return new TextEncoder().encode(JSON.stringify(replyTo(body)));
  });
}

function replyTo(body: EmbeddingBody): object {
  const nova = body.singleEmbeddingParams;
  if (nova) {
    const embedding = vectorOf(nova.text?.value ?? '', nova.embeddingDimension);
    return { embeddings: [{ embeddingType: 'TEXT', embedding }] };
  }
  const inputs = body.texts ?? body.images;
  if (inputs) {
    const vectors = inputs.map((text) => vectorOf(text, body.output_dimension));
    return { embeddings: body.embedding_types ? { float: vectors } : vectors };
  }
  const dimensions = body.dimensions ?? body.embeddingConfig?.outputEmbeddingLength;
  return { embedding: vectorOf(body.inputText ?? '', dimensions) };
}

/** FNV-1a over the text, and from there a linear congruential step per dimension. */
function vectorOf(text: string, dimensions = DIMENSIONS_DEFAULT): readonly number[] {
  let state = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    state = Math.imul(state ^ byte, 0x01000193) >>> 0;
  }
  const raw = Array.from({ length: dimensions }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
  const length = Math.hypot(...raw);
  return raw.map((value) => Math.fround(value / length));
}
