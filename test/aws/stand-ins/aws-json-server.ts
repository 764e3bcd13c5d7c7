import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An operation of a service: JSON in, JSON out. */
export type Operation = (input: Readonly<Record<string, unknown>>) => unknown;

/** What a service answers instead of a result: the SDK raises it under the same name. */
export class AwsFault extends Error {
  override readonly name: string;
  readonly status: number;

  constructor(name: string, message: string, status = 400) {
    super(message);
    this.name = name;
    this.status = status;
  }
}

export interface AwsJsonServer {
  readonly endpoint: string;
  /** Operations as they were called, oldest first. */
  readonly calls: readonly AwsCall[];
  close(): Promise<void>;
}

export interface AwsCall {
  readonly operation: string;
  readonly input: Readonly<Record<string, unknown>>;
}

/** A service that speaks AWS JSON 1.1 on a loopback port: `X-Amz-Target` names the operation. */
export async function startAwsJsonServer(
  operations: Readonly<Record<string, Operation>>,
): Promise<AwsJsonServer> {
  const calls: AwsCall[] = [];

  async function answer(request: IncomingMessage): Promise<unknown> {
    const target = String(request.headers['x-amz-target']);
    const operation = target.slice(target.lastIndexOf('.') + 1);
    const perform = operations[operation];
    if (!perform) throw new AwsFault('UnknownOperationException', `got ${target}`);
    const input = JSON.parse(await textOf(request)) as AwsCall['input'];
    calls.push({ operation, input });
    return perform(input);
  }

  const server = createServer((request, response) => {
    answer(request).then(
      (output) => {
        reply(response, 200, output);
      },
      (error: unknown) => {
        replyFault(response, error);
      },
    );
  });
  return { endpoint: await listen(server), calls, close: () => stop(server) };
}

function reply(response: ServerResponse, status: number, output: unknown): void {
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.1' });
  response.end(typeof output === 'string' ? output : JSON.stringify(output));
}

function replyFault(response: ServerResponse, error: unknown): void {
  const { name, message } = error as Error;
  const status = error instanceof AwsFault ? error.status : 500;
  reply(response, status, { __type: name, message });
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}

/** Listens on a free loopback port. */
export async function listen(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  // A test that fails before it closes its server must still end.
  server.unref();
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** Stops listening and drops who is still there. */
export async function stop(server: Server): Promise<void> {
  server.closeAllConnections();
  await new Promise((done) => server.close(done));
}
