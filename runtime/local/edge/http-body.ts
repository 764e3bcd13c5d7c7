import type { IncomingMessage } from 'node:http';
import { ApiRefused, ClientLeft } from '../../../handlers/edge/api-exchange.ts';

/** A refused body is still read so far, and so long, that its sender gets to see why. */
const DISCARD_BYTES = 8 * 1_048_576;
const DISCARD_MS = 2_000;

/** Reads a body of at most `limit` bytes. See `EdgeRequest`. */
export function readBody(request: IncomingMessage, limit: number): Promise<Uint8Array> {
  const { promise, resolve, reject } = Promise.withResolvers<Uint8Array>();
  const chunks: Buffer[] = [];
  let bytes = 0;
  const tooLarge = () => new ApiRefused(413, `body: got more, expected at most ${limit} bytes`);

  function take(chunk: Buffer): void {
    bytes += chunk.length;
    if (bytes <= limit) chunks.push(chunk);
    else stop(tooLarge());
  }

  // Not by async iteration: leaving a loop early would cut the connection before the answer.
  function stop(error?: Error): void {
    request.off('data', take);
    request.pause();
    if (error) reject(error);
    else resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks));
  }

  if (Number(request.headers['content-length'] ?? 0) > limit) return Promise.reject(tooLarge());
  request.on('data', take);
  request.once('end', () => {
    stop();
  });
  request.once('close', () => {
    // Every request closes; an error for each of them would cost more than all else here.
    if (!request.complete) stop(new ClientLeft('the client left before its body was whole'));
  });
  return promise;
}

/** Reads on, within limits, what nobody wants of a request. Calls back when there is no more. */
export function discardBody(request: IncomingMessage, done: () => void): void {
  let left = DISCARD_BYTES;
  const timer = setTimeout(finish, DISCARD_MS);
  const count = (chunk: Buffer) => {
    left -= chunk.length;
    if (left < 0) finish();
  };

  function finish(): void {
    clearTimeout(timer);
    request.off('data', count).off('end', finish).off('close', finish);
    request.pause();
    done();
  }

  request.on('data', count).once('end', finish).once('close', finish);
  request.resume();
}
