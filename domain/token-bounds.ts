import type { ContentBlock } from './converse.ts';
import type { ModelCall } from './model-call.ts';

/**
 * How many input tokens a call can have at most, before anybody has counted them. Tokenisers that work
 * on bytes make at most one token of a byte of text, so text counts its UTF-8 bytes. What a model adds
 * of its own, or makes of a picture, has no such bound: it is a table.
 */
const PER_CALL = 64;
const PER_PART = 16;
/** Instructions that a model's service adds where tools are offered. */
const FOR_TOOLS = 1024;
/** Most tokens that a picture is scaled down to; the dearest documented is 4,784 (Claude, 2026). */
const PER_IMAGE = 8192;
/** A page is read as text and as picture; its bytes are counted too. */
const PER_DOCUMENT = 16_384;
/** Marks a picture in a body of a model's own format. */
const IMAGE = 'image';

/** An upper bound of all input tokens of a call, cached ones included. */
export function inputTokenBound(call: ModelCall): number {
  if (call.kind === 'invoke') {
    return call.bodies.reduce((sum, body) => sum + PER_CALL + body.length + imagesIn(body), 0);
  }
  const { messages, system = [], toolConfig, ...rest } = call.request;
  const blocks = [...system, ...messages.flatMap(({ content }) => content)];
  const tools = toolConfig ? FOR_TOOLS + jsonBound(toolConfig) : 0;
  return PER_CALL + tools + jsonBound(rest) + blocks.reduce((sum, one) => sum + blockBound(one), 0);
}

function blockBound(block: ContentBlock): number {
  if (block.image) return PER_PART + PER_IMAGE;
  if (block.text !== undefined && Object.keys(block).length === 1)
    return PER_PART + utf8Length(block.text);
  const nested = block.toolResult?.content as readonly ContentBlock[] | undefined;
  if (nested) return PER_PART + nested.reduce((sum, one) => sum + blockBound(one), 64);
  return (block.document ? PER_DOCUMENT : 0) + jsonBound(block);
}

/** Every text and every name in a value of JSON, and room for what stands between them. */
function jsonBound(value: unknown): number {
  if (typeof value === 'string') return PER_PART + utf8Length(value);
  if (typeof value !== 'object' || value === null) return PER_PART;
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + jsonBound(one), 2);
  return Object.entries(value).reduce(
    (sum, [name, one]) => sum + utf8Length(name) + jsonBound(one),
    2,
  );
}

// eslint-disable-next-line no-control-regex -- exactly the characters of one byte
const ASCII = /^[\x00-\x7f]*$/;

/** Bytes of a text in UTF-8; an unpaired surrogate counts three, as its replacement does. */
export function utf8Length(text: string): number {
  if (ASCII.test(text)) return text.length;
  let bytes = 0;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit < 0x80) bytes += 1;
    else if (unit < 0x800) bytes += 2;
    else bytes += isSurrogate(unit) && isSurrogate(text.charCodeAt(at + 1)) ? 2 : 3;
  }
  return bytes;
}

function isSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdfff;
}

function imagesIn(body: Uint8Array): number {
  let found = 0;
  for (let at = body.indexOf(0x69); at >= 0; at = body.indexOf(0x69, at + 1)) {
    let same = 1;
    while (same < IMAGE.length && body[at + same] === IMAGE.charCodeAt(same)) same += 1;
    if (same === IMAGE.length) found += PER_IMAGE;
  }
  return found;
}
