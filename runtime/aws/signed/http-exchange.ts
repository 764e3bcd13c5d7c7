import { request as requestPlain } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { request as requestSecure } from 'node:https';

/** One request, with a body that is known whole. */
export interface HttpAsk {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
  /** Gives up, wherever the exchange stands. */
  readonly timeoutMs: number;
}

/** The answer to it, whole. */
export interface HttpAnswer {
  readonly status: number;
  readonly bytes: Uint8Array;
}

/**
 * Asks once by Node's own client, whose modules the SDK needs anyway: the first `fetch` of a process loads
 * another one, which takes longer than a function takes to start.
 *
 * @throws Error for anything that is not a whole answer.
 */
export async function exchange(url: string, ask: HttpAsk): Promise<HttpAnswer> {
  const { method, headers, body, timeoutMs } = ask;
  const open = url.startsWith('https:') ? requestSecure : requestPlain;
  const { promise, resolve, reject } = Promise.withResolvers<IncomingMessage>();
  const signal = AbortSignal.timeout(timeoutMs);
  const sent = open(url, { method, headers: { ...headers, ...lengthOf(ask) }, signal }, resolve);
  sent.once('error', reject);
  sent.end(method === 'POST' ? body : undefined);
  const reply = await promise;
  const pieces: Buffer[] = [];
  for await (const piece of reply as AsyncIterable<Buffer>) pieces.push(piece);
  return { status: reply.statusCode ?? 0, bytes: new Uint8Array(Buffer.concat(pieces)) };
}

/** Without it Node would send the body in chunks, which S3 refuses. */
function lengthOf({ method, body }: HttpAsk): Readonly<Record<string, string>> {
  return method === 'POST' ? { 'content-length': String(Buffer.byteLength(body)) } : {};
}
