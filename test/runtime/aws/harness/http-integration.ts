import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';

interface Head {
  readonly statusCode?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly multiValueHeaders?: Readonly<Record<string, readonly string[]>>;
  readonly cookies?: readonly string[];
}

const DELIMITER_BYTES = 8;
/** API Gateway sends these under another name, or not at all. */
const REMAPPED: ReadonlySet<string> = new Set(['www-authenticate', 'date', 'server']);
const DROPPED: ReadonlySet<string> = new Set(['content-length', 'transfer-encoding', 'connection']);

/** Turns what a function streams (metadata, eight zero bytes, body) into an HTTP response. */
export function createHttpIntegration(response: ServerResponse) {
  let head = Buffer.alloc(0);

  function begin(): void {
    const at = head.indexOf(Buffer.alloc(DELIMITER_BYTES));
    if (at < 0) return;
    const { statusCode, ...rest } = JSON.parse(head.subarray(0, at).toString()) as Head;
    if (statusCode === undefined) throw new Error('metadata: got no statusCode');
    response.writeHead(statusCode, headersOf(rest));
    const body = head.subarray(at + DELIMITER_BYTES);
    if (body.length > 0) response.write(body);
    else response.flushHeaders();
  }

  return {
    take: (piece: Uint8Array): void => {
      if (response.headersSent) {
        if (piece.length > 0) response.write(piece);
        return;
      }
      head = Buffer.concat([head, piece]);
      begin();
    },
    /** The function has returned. @throws if it never said what it answers. */
    end: (): void => {
      if (!response.headersSent) throw new Error('metadata: got none');
      response.end();
    },
  };
}

function headersOf({ headers = {}, multiValueHeaders = {}, cookies }: Head): OutgoingHttpHeaders {
  const all: OutgoingHttpHeaders = cookies ? { 'set-cookie': [...cookies] } : {};
  for (const [name, value] of Object.entries({ ...headers, ...multiValueHeaders })) {
    const lower = name.toLowerCase();
    if (DROPPED.has(lower)) continue;
    all[REMAPPED.has(lower) ? `x-amzn-remapped-${lower}` : lower] = value as string | string[];
  }
  return all;
}
