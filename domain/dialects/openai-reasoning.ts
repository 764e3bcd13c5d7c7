import type { ContentBlock } from '../converse.ts';
import { fieldsOf, optionalText, refusal } from './fields.ts';
import type { Fields } from './fields.ts';
import { BadRequest } from './problem.ts';

/** What a model thought, as a response carries it to the client and back. */
export interface Thought {
  readonly text: string;
  readonly signature: string | null;
  /** Reasoning that only the model can read, base64. */
  readonly redacted: readonly string[];
}

const PACKED = ['text', 'signature', 'redacted'];

/**
 * Packs a thought into `encrypted_content`: opaque to a client, which hands it back so that the model
 * can go on. It holds what the client may see anyway; the model checks its own signature.
 */
export function packThought(thought: Thought): string {
  const bytes = new TextEncoder().encode(JSON.stringify(thought));
  return btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
}

/**
 * The blocks of a thought that comes back; none where only a summary does, which no model takes.
 *
 * @throws BadRequest for text that was not packed here.
 */
export function unpackThought(fields: Fields): readonly ContentBlock[] {
  const packed = optionalText(fields, 'encrypted_content');
  if (packed === undefined) return [];
  const path = fields.pathOf('encrypted_content');
  const thought = fieldsOf(parsed(packed, path), path, PACKED);
  const text = optionalText(thought, 'text') ?? '';
  const signature = optionalText(thought, 'signature');
  const { redacted = [] } = thought.values;
  if (!Array.isArray(redacted) || redacted.some((one) => typeof one !== 'string')) {
    throw refusal(thought, 'redacted', 'a list of text');
  }
  const reasoningText = { text, ...(signature !== undefined && { signature }) };
  const said = text === '' && signature === undefined ? [] : [{ reasoningText }];
  const hidden = redacted.map((redactedContent: string) => ({ redactedContent }));
  return [...said, ...hidden].map((reasoningContent) => ({ reasoningContent }));
}

function parsed(packed: string, path: string): unknown {
  try {
    const bytes = Uint8Array.from(atob(packed), (letter) => letter.charCodeAt(0));
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new BadRequest(path, 'expected what an earlier answer of this gateway carried');
  }
}
