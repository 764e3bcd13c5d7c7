import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiResponse, Headers } from '../../../handlers/edge/api-exchange.ts';
import { discardBody } from './http-body.ts';

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** An `ApiResponse` on Node's own. Writes to a client that left go nowhere and raise nothing. */
export function createHttpResponse(
  request: IncomingMessage,
  response: ServerResponse,
): ApiResponse {
  // Without a listener, a broken connection would end the process.
  response.on('error', () => undefined);

  // Given at once with all others: to set one by itself costs as much as all of them.
  let named: Headers = {};

  function begin(status: number, headers: Readonly<Record<string, string | number>>): void {
    // The rest of an unread body would be taken for the next request.
    const close = request.complete ? {} : { connection: 'close' };
    response.writeHead(status, { ...ALWAYS, ...named, ...headers, ...close });
  }

  function whole(status: number, body: Uint8Array | string, headers: Headers): void {
    const length = typeof body === 'string' ? Buffer.byteLength(body) : body.length;
    begin(status, { 'content-length': length, ...headers });
    if (request.complete) {
      response.end(body);
      return;
    }
    response.write(body);
    discardBody(request, () => response.end());
  }

  let waiting: (string | Uint8Array)[] = [];

  function release(): void {
    if (waiting.length > 0) response.write(joined(waiting));
    waiting = [];
  }

  return {
    hasStarted: () => response.headersSent,
    identify: (id, headers = {}) => {
      // OpenAI's SDK shows the second in its errors.
      named = { 'x-tollbook-event-id': id, 'x-request-id': id, ...headers };
    },
    json: (status, body, headers = {}) => {
      const type = { 'content-type': 'application/json; charset=utf-8' };
      whole(status, JSON.stringify(body), { ...type, ...headers });
    },
    bytes: whole,
    stream: (contentType, pieces) => {
      if (!response.headersSent) begin(200, { 'content-type': contentType });
      // What comes in one turn of the event loop leaves in one chunk, at the end of that turn.
      if (waiting.length === 0) setImmediate(release);
      for (const piece of pieces) waiting.push(piece);
    },
    end: () => {
      release();
      response.end();
    },
  };
}

function joined(pieces: readonly (string | Uint8Array)[]): string | Uint8Array {
  if (pieces.every((piece) => typeof piece === 'string')) return pieces.join('');
  return Buffer.concat(pieces.map((one) => (typeof one === 'string' ? Buffer.from(one) : one)));
}
