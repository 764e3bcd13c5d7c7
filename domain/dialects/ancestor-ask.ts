import { kindOf } from './fields.ts';
import { BadRequest } from './problem.ts';

/** What the query and the headers of `POST /invoke_model` say. */
export interface AncestorAsk {
  /** The ARN where there is one: a custom model is never answered by the one it was made from. */
  readonly modelRequested: string;
  /** Comes back for the answer to this call; null to make a call. */
  readonly requestId: string | null;
  readonly kind: AncestorKind;
  /** `inputs` is a conversation, not one text. */
  readonly messagesApi: boolean;
  /** Answers with an id at once, and keeps the answer for whoever comes back with it. */
  readonly inBackground: boolean;
}

/** What a call is for, as the `type` header says it; text where it says nothing. */
export type AncestorKind = 'text' | 'embeddings' | 'embeddings-image' | 'image';

type Header = readonly [name: string, value: string];

/** Names that a query may have. */
export const QUERY_NAMES: ReadonlySet<string> = new Set(['model_id', 'model_arn', 'requestId']);
/** Kinds by their word in the `type` header. */
export const KINDS: ReadonlyMap<string, AncestorKind> = new Map([
  ['', 'text'],
  ['embeddings', 'embeddings'],
  ['embeddings-image', 'embeddings-image'],
  ['image', 'image'],
]);
const FLAGS: ReadonlyMap<string, boolean> = new Map([
  ['', false],
  ['false', false],
  ['true', true],
]);

/**
 * Reads the query and the headers.
 *
 * @param query - What stands after `?`, as it came.
 * @throws BadRequest for anything unknown, doubled or ambiguous.
 */
export function parseAncestorAsk(query: string, headers: readonly Header[]): AncestorAsk {
  const asked = queryOf(query);
  const modelId = asked.get('model_id') ?? '';
  if (modelId === '') throw new BadRequest('model_id', 'got nothing, expected a model id');
  const kind = KINDS.get(headerOf(headers, 'type'));
  if (!kind) {
    const expected = [...KINDS.keys()].slice(1).join(', ');
    throw new BadRequest('type', `got another word, expected one of ${expected}`);
  }
  const streaming = flagOf(headers, 'streaming');
  return {
    modelRequested: asked.get('model_arn') ?? modelId,
    requestId: asked.get('requestId') ?? null,
    kind,
    messagesApi: flagOf(headers, 'messages_api'),
    // Vectors and pictures were never streamed: their clients send the flag and read the answer.
    inBackground: streaming && kind === 'text',
  };
}

function queryOf(query: string): ReadonlyMap<string, string> {
  const asked = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(query)) {
    if (!QUERY_NAMES.has(name)) {
      const expected = [...QUERY_NAMES].join(', ');
      throw new BadRequest(null, `query: got a parameter not supported, expected only ${expected}`);
    }
    if (asked.has(name)) throw new BadRequest(name, 'got two, expected one');
    asked.set(name, value);
  }
  return asked;
}

function flagOf(headers: readonly Header[], name: string): boolean {
  const flag = FLAGS.get(headerOf(headers, name));
  if (flag !== undefined) return flag;
  throw new BadRequest(name, 'got another word, expected true or false');
}

/** Whoever is behind a proxy may have `messages-api` for `messages_api`. */
function headerOf(headers: readonly Header[], name: string): string {
  const plain = (text: string) => text.toLowerCase().replaceAll('_', '-');
  const given = headers.filter(([spelled]) => plain(spelled) === plain(name));
  if (given.length > 1) throw new BadRequest(name, `got ${given.length}, expected one`);
  return given[0]?.[1].trim().toLowerCase() ?? '';
}

/** Comes back with nothing to say: the call was made before. @throws BadRequest */
export function refusePollBody(body: unknown): void {
  const isEmpty = typeof body === 'object' && body !== null && Object.keys(body).length === 0;
  if (!isEmpty) throw new BadRequest(null, `got ${kindOf(body)} with requestId, expected {}`);
}
