import type { Writable } from 'node:stream';
import type { ApiResponse, Headers } from '../../../handlers/edge/api-exchange.ts';

/** Sends status and headers, and gives the stream that takes the body. */
export type OpenStream = (head: {
  readonly statusCode: number;
  readonly headers: Headers;
}) => Writable;

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/**
 * An `ApiResponse` on Lambda's response stream. API Gateway says nothing of a client that left, so
 * there is nothing to notice; writes after the end go nowhere and raise nothing.
 */
export function createLambdaResponse(open: OpenStream): ApiResponse {
  let stream: Writable | undefined;
  let identity: Headers = {};

  function begin(statusCode: number, headers: Headers): Writable {
    stream = open({ statusCode, headers: { ...ALWAYS, ...identity, ...headers } });
    // Without a listener, a broken connection would end the process.
    stream.on('error', () => undefined);
    return stream;
  }

  function whole(status: number, bytes: Uint8Array, headers: Headers): void {
    const body = begin(status, headers);
    // The head goes out with the first write, and never with none: an empty body is written too.
    body.write(bytes);
    body.end();
  }

  return {
    hasStarted: () => stream !== undefined,
    identify: (id, headers = {}) => {
      identity = { 'x-tollbook-event-id': id, 'x-request-id': id, ...headers };
    },
    json: (status, body, headers = {}) => {
      const type = { 'content-type': 'application/json; charset=utf-8' };
      whole(status, Buffer.from(JSON.stringify(body)), { ...type, ...headers });
    },
    bytes: whole,
    stream: (contentType, pieces) => {
      const body = stream ?? begin(200, { 'content-type': contentType });
      if (body.writableEnded) return;
      // One write, one chunk on its way to the client.
      body.write(Buffer.concat(pieces.map(bytesOf)));
    },
    end: () => {
      stream?.end();
    },
  };
}

function bytesOf(piece: string | Uint8Array): Uint8Array {
  return typeof piece === 'string' ? Buffer.from(piece) : piece;
}
