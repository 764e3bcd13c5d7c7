import { connect } from 'node:net';
import type { Socket } from 'node:net';
import { performance } from 'node:perf_hooks';

export interface Load {
  readonly port: number;
  /** A whole HTTP/1.1 request. */
  readonly request: Buffer;
  readonly connections: number;
  readonly seconds: number;
}

export interface Measured {
  readonly requests: number;
  readonly errors: number;
  readonly seconds: number;
  /** From the request to the end of its answer, ms, each. */
  readonly latencyMs: readonly number[];
  /** From the request to the first byte of its answer's body, ms, each. */
  readonly firstByteMs: readonly number[];
}

/**
 * A closed loop on plain sockets: each connection asks anew when it has its answer. A client of HTTP
 * would cost more than what is measured.
 */
export async function generate({ port, request, connections, seconds }: Load): Promise<Measured> {
  const latencyMs: number[] = [];
  const firstByteMs: number[] = [];
  let errors = 0;
  const startedMs = performance.now();
  const endMs = startedMs + seconds * 1000;

  function talk(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<null>();
    const socket = connect({ port, host: '127.0.0.1', noDelay: true });
    let [askedMs, answer] = [0, newAnswer()];
    const ask = () => {
      if (performance.now() >= endMs) socket.destroy();
      else {
        [askedMs, answer] = [performance.now(), newAnswer()];
        socket.write(request);
      }
    };
    socket.on('connect', ask);
    socket.on('data', (bytes: Buffer) => {
      answer.take(bytes);
      if (answer.bodyBegan && answer.firstMs === 0) answer.firstMs = performance.now() - askedMs;
      if (!answer.ended) return;
      if (answer.isGood) {
        latencyMs.push(performance.now() - askedMs);
        firstByteMs.push(answer.firstMs);
      } else errors += 1;
      next(socket, ask);
    });
    socket.on('error', () => (errors += 1));
    socket.on('close', () => {
      resolve(null);
    });
    return promise.then(() => (performance.now() < endMs - 1 ? talk() : undefined));
  }

  await Promise.all(Array.from({ length: connections }, talk));
  const took = (performance.now() - startedMs) / 1000;
  return { requests: latencyMs.length, errors, seconds: took, latencyMs, firstByteMs };
}

function next(socket: Socket, ask: () => void): void {
  if (!socket.destroyed) ask();
}

const HEAD_END = '\r\n\r\n';
const LAST_CHUNK = Buffer.from('0\r\n\r\n');

/** One answer as it comes, in so far as its end has to be known. */
function newAnswer() {
  let head: string | undefined;
  let waiting: Buffer = Buffer.alloc(0);
  let left = 0;
  let tail: Buffer = Buffer.alloc(0);
  return {
    ended: false,
    isGood: false,
    bodyBegan: false,
    firstMs: 0,
    take(bytes: Buffer): void {
      let body = bytes;
      if (head === undefined) {
        waiting = waiting.length === 0 ? bytes : Buffer.concat([waiting, bytes]);
        const at = waiting.indexOf(HEAD_END);
        if (at < 0) return;
        head = waiting.toString('latin1', 0, at).toLowerCase();
        body = waiting.subarray(at + HEAD_END.length);
        left = Number(/content-length: *(\d+)/.exec(head)?.[1] ?? -1);
        this.isGood = head.startsWith('http/1.1 200');
      }
      this.bodyBegan ||= body.length > 0;
      if (left >= 0) {
        left -= body.length;
        this.ended = left <= 0;
        return;
      }
      tail = Buffer.concat([tail.subarray(-LAST_CHUNK.length), body]);
      this.ended = tail.subarray(-LAST_CHUNK.length).equals(LAST_CHUNK);
    },
  };
}
