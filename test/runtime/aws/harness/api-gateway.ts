import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { ApiDefinition, ApiMethod } from './api-definition.ts';
import { createAuthorization, createUsagePlans } from './authorization.ts';
import { GatewayRefused, sendOwn } from './gateway-responses.ts';
import { invokeStreaming } from './lambda-runtime.ts';
import { createHttpIntegration } from './http-integration.ts';
import { matchMethod, proxyEvent } from './proxy-event.ts';
import type { ProxyEvent } from './proxy-event.ts';

const BODY_MAX = 10 * 1024 * 1024;

/** The functions by their files; of the authorizers only plain ones. */
export type Functions = Readonly<Record<string, unknown>>;

export interface ApiGateway {
  readonly port: number;
  /** Waits until every function that was called has returned, and closes. */
  close(): Promise<void>;
}

/** A REST API in front of functions, on the loopback, behaving as its template makes it behave. */
export async function startApiGateway(
  api: ApiDefinition,
  functions: Functions,
): Promise<ApiGateway> {
  const authorize = createAuthorization(
    api,
    functions as Parameters<typeof createAuthorization>[1],
  );
  const countUse = createUsagePlans(api.plans);
  const running = new Set<Promise<unknown>>();

  async function pass(request: IncomingMessage): Promise<[ApiMethod, ProxyEvent]> {
    const { pathname } = new URL(request.url ?? '/', 'http://gateway');
    const matched = matchMethod(api.methods, pathname, request.method ?? '');
    if (!matched) throw new GatewayRefused('MISSING_AUTHENTICATION_TOKEN');
    const bytes = await readAll(request);
    const asked = proxyEvent(request, matched, { bytes, isBinary: isBinary(request, api) });
    const { method } = matched;
    const { context, usageIdentifierKey } = await authorize(method, asked);
    if (method.apiKeyRequired) {
      countUse(api.keySource === 'AUTHORIZER' ? usageIdentifierKey : presentedKey(request));
    }
    requireParameters(method, asked);
    requireBody(method, request, bytes);
    return [method, { ...asked, requestContext: { ...asked.requestContext, authorizer: context } }];
  }

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    // A client that leaves is noticed here and nowhere else.
    response.on('error', () => undefined);
    const integration = createHttpIntegration(response);
    try {
      const [method, event] = await pass(request);
      const { timeoutMs = 0 } = api.functions.get(method.function) ?? {};
      const called = invokeStreaming(functions[method.function], event, {
        onData: integration.take,
        timeoutMs,
      });
      running.add(called);
      await called.finally(() => running.delete(called));
      integration.end();
    } catch (error) {
      if (response.headersSent) response.destroy();
      else sendOwn(response, refusalOf(error), api.responses);
    }
  }

  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      while (running.size > 0) await Promise.allSettled(running);
      server.closeIdleConnections();
      await closed;
    },
  };
}

function refusalOf(error: unknown) {
  return error instanceof GatewayRefused ? error.response : 'DEFAULT_5XX';
}

async function readAll(request: IncomingMessage): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let bytes = 0;
  for await (const piece of request as AsyncIterable<Buffer>) {
    bytes += piece.length;
    if (bytes > BODY_MAX) throw new GatewayRefused('REQUEST_TOO_LARGE');
    pieces.push(piece);
  }
  return Buffer.concat(pieces);
}

function isBinary({ headers }: IncomingMessage, { binaryTypes }: ApiDefinition): boolean {
  const type = headers['content-type']?.split(';')[0] ?? 'application/json';
  return binaryTypes.some((binary) => binary === '*/*' || binary === type);
}

function presentedKey({ headers }: IncomingMessage): string | null {
  const key = headers['x-api-key'];
  return typeof key === 'string' ? key : null;
}

function requireParameters({ required }: ApiMethod, event: ProxyEvent): void {
  for (const parameter of required) {
    const [, kind, name = ''] =
      /^method\.request\.(header|querystring)\.(.+)$/.exec(parameter) ?? [];
    const values =
      kind === 'header'
        ? event.headers
        : kind === 'querystring'
          ? event.queryStringParameters
          : null;
    const found = Object.entries(values ?? {}).find(
      ([key]) => key.toLowerCase() === name.toLowerCase(),
    );
    if (!found?.[1]) throw new GatewayRefused('BAD_REQUEST_PARAMETERS');
  }
}

/**
 * After the authorizer and the usage plan, as API Gateway's own log has it. A body of no type is JSON; an empty
 * one is none.
 *
 * @throws GatewayRefused
 */
function requireBody({ bodyModels }: ApiMethod, { headers }: IncomingMessage, bytes: Buffer): void {
  const [type = ''] = (headers['content-type'] ?? 'application/json').split(';');
  const matches = bodyModels.get(type.trim().toLowerCase());
  if (matches && !matches(jsonOf(bytes))) throw new GatewayRefused('BAD_REQUEST_BODY');
}

function jsonOf(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    throw new GatewayRefused('BAD_REQUEST_BODY');
  }
}
