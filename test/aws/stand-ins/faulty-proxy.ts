import { createServer, request } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** One request on its way to a service that speaks AWS JSON. */
export interface ProxiedCall {
  /** Such as `PutItem`. */
  readonly operation: string;
  /** Counted from 0, of all operations. */
  readonly number: number;
  readonly input: Readonly<Record<string, unknown>>;
}

/**
 * What becomes of a call: it passes; its input is changed on the way; it is done and then answered by a
 * fault, or by a closed connection; or it is refused, not done, with an error of this name.
 */
export type Fate =
  | 'pass'
  | 'lose-answer'
  | 'hang-up'
  | { readonly input: Readonly<Record<string, unknown>> }
  | { readonly refuse: string; readonly fields?: Readonly<Record<string, unknown>> };

export interface FaultyProxy {
  readonly url: string;
  /** Every call so far. */
  readonly calls: readonly ProxiedCall[];
  /** From now on; before, all calls pass. */
  decide(fate: (call: ProxiedCall) => Fate): void;
  close(): Promise<void>;
}

/** Stands between an SDK client and a service, on the loopback, and spoils what it is told to. */
export async function startFaultyProxy(target: string): Promise<FaultyProxy> {
  let fateOf: (call: ProxiedCall) => Fate = () => 'pass';
  const calls: ProxiedCall[] = [];

  const server = createServer((incoming, outgoing) => {
    void (async () => {
      const body = await bodyOf(incoming);
      const operation = String(incoming.headers['x-amz-target']).split('.').at(-1) ?? '';
      const input = JSON.parse(body.toString()) as Record<string, unknown>;
      const call = { operation, number: calls.length, input };
      calls.push(call);
      const fate = fateOf(call);
      if (typeof fate === 'object' && 'refuse' in fate) {
        fail(outgoing, { status: 400, name: fate.refuse, fields: fate.fields });
        return;
      }
      const sent = typeof fate === 'object' ? Buffer.from(JSON.stringify(fate.input)) : body;
      const answer = await forward(target, incoming, sent);
      if (fate === 'hang-up') incoming.socket.destroy();
      else if (fate === 'lose-answer') fail(outgoing, { status: 500, name: 'InternalServerError' });
      else outgoing.writeHead(answer.status, answer.headers).end(answer.body);
    })();
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    calls,
    decide: (fate) => {
      fateOf = fate;
    },
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}

interface Fault {
  readonly status: number;
  readonly name: string;
  readonly fields?: object | undefined;
}

function fail(outgoing: ServerResponse, fault: Fault): void {
  const { status, name, fields } = fault;
  const type = `com.amazonaws.dynamodb.v20120810#${name}`;
  const answer = JSON.stringify({ __type: type, message: 'injected', ...fields });
  outgoing.writeHead(status, { 'content-type': 'application/x-amz-json-1.0' }).end(answer);
}

async function bodyOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of message) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Signatures do not matter to a stand-in, so a changed body may go on. */
async function forward(target: string, incoming: IncomingMessage, body: Buffer) {
  const headers = { ...incoming.headers, 'content-length': String(body.length) };
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    request(target, { method: 'POST', path: incoming.url, headers }, resolve)
      .once('error', reject)
      .end(body);
  });
  return {
    status: answer.statusCode ?? 500,
    headers: { 'content-type': answer.headers['content-type'] ?? '' },
    body: await bodyOf(answer),
  };
}
