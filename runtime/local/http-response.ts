import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ApiResponse, Headers } from '../../handlers/edge/api-exchange.ts';
import { discardBody } from './http-body.ts';

const ALWAYS = { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' } as const;

/** An `ApiResponse` on Node's own. Writes to a client that left go nowhere and raise nothing. */
export function createHttpResponse(
  request: IncomingMessage,
  response: ServerResponse,
): ApiResponse {
  // Without a listener, a broken connection would end the process.
  response.on('error', () => undefined);

  function begin(status: number, headers: Readonly<Record<string, string | number>>): void {
    // The rest of an unread body would be taken for the next request.
    const close = request.complete ? {} : { connection: 'close' };
    response.writeHead(status, { ...ALWAYS, ...headers, ...close });
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

  function release(): void {
    if (response.writableCorked > 0) response.uncork();
  }

  return {
    get started() {
      return response.headersSent;
    },
    identify: (id, headers = {}) => {
      response.setHeader('x-tollbook-event-id', id);
      // OpenAI's SDK shows this one in its errors.
      response.setHeader('x-request-id', id);
      for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    },
    json: (status, body, headers = {}) => {
      const type = { 'content-type': 'application/json; charset=utf-8' };
      whole(status, JSON.stringify(body), { ...type, ...headers });
    },
    bytes: whole,
    stream: (contentType, pieces) => {
      if (!response.headersSent) begin(200, { 'content-type': contentType });
      // What comes in one turn of the event loop leaves in one write, at the end of that turn.
      if (response.writableCorked === 0) {
        response.cork();
        setImmediate(release);
      }
      for (const piece of pieces) response.write(piece);
    },
    end: () => {
      release();
      response.end();
    },
  };
}
