import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerOptions, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { openAiError } from '../../../domain/dialects/openai-error.ts';
import type { Problem } from '../../../domain/dialects/problem.ts';
import type { EdgeRequest, Header } from '../../../handlers/edge/api-exchange.ts';
import { createServeRequest } from '../../../handlers/edge/serve-request.ts';
import type { ServePorts } from '../../../handlers/edge/serve-request.ts';
import { readBody } from './http-body.ts';
import { createHttpResponse } from './http-response.ts';

export interface GatewayOptions extends ServePorts {
  /** How long `close` waits for running calls. @default two minutes */
  readonly drainMs?: number;
}

export interface Gateway {
  /** Starts to accept calls; port 0 takes any free one. @default host 127.0.0.1 */
  listen(port: number, host?: string): Promise<{ readonly port: number }>;
  /** Stops accepting, and resolves when running calls are answered, metered and settled. */
  close(): Promise<void>;
}

const DRAIN_MS = 120_000;
const CLOSING: Problem = {
  ...{ status: 503, message: 'the gateway is closing: call again', code: 'closing', field: null },
};
const SETTINGS: ServerOptions = {
  // Longer than clients and balancers keep a connection idle: a request must not meet one just closed.
  keepAliveTimeout: 75_000,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  // Timeouts are looked at this often: Node's own half minute would triple the first.
  connectionsCheckingInterval: 2_000,
};

/** The HTTP edge of one machine, on Node's own server. */
export function createGateway({ drainMs = DRAIN_MS, ...ports }: GatewayOptions): Gateway {
  const serve = createServeRequest(ports);
  const running = createRunning();
  let closing = false;

  function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const answered = createHttpResponse(request, response);
    if (!closing) return serve(edgeRequest(request), answered);
    response.setHeader('connection', 'close');
    answered.json(CLOSING.status, openAiError(CLOSING));
    return Promise.resolve();
  }

  const server = createServer(SETTINGS, (request, response) => {
    const ended = running.begin();
    response.once('close', ended);
    void answer(request, response).finally(ended);
  });

  return {
    listen: (port, host = '127.0.0.1') => listen(server, port, host),
    close: async () => {
      closing = true;
      const closed = new Promise((resolve) => server.close(resolve));
      await running.emptied(drainMs);
      const left = running.count();
      if (left > 0) {
        ports.onError(new Error(`close: got ${left} calls after ${drainMs} ms, expected 0`));
      }
      server.closeAllConnections();
      await closed;
    },
  };
}

function listen(server: Server, port: number, host: string): Promise<{ readonly port: number }> {
  const { promise, resolve, reject } = Promise.withResolvers<{ readonly port: number }>();
  server.once('error', reject);
  server.listen(port, host, () => {
    server.off('error', reject);
    resolve({ port: (server.address() as AddressInfo).port });
  });
  return promise;
}

/** Counts calls: each until it is settled, and its answer out or its caller gone. */
function createRunning() {
  let count = 0;
  let onEmpty = (): void => undefined;
  return {
    count: () => count,
    /** @returns what is called once for each of the two. */
    begin: () => {
      let left = 2;
      count += 1;
      return () => {
        left -= 1;
        if (left === 0) count -= 1;
        if (count === 0) onEmpty();
      };
    },
    /** Resolves when none is left, or when the time is over. */
    emptied: async (limitMs: number) => {
      if (count === 0) return;
      const { promise, resolve } = Promise.withResolvers<null>();
      const timer = setTimeout(resolve, limitMs, null);
      onEmpty = () => {
        resolve(null);
      };
      await promise;
      clearTimeout(timer);
    },
  };
}

function edgeRequest(request: IncomingMessage): EdgeRequest {
  const { method = '', url: target = '', rawHeaders } = request;
  const headers: Header[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at] ?? '', rawHeaders[at + 1] ?? '']);
  }
  return { method, target, headers, readBody: (limit) => readBody(request, limit) };
}
