import { openAiDialect } from '../../domain/dialects/openai-error.ts';
import { ApiRefused, ClientLeft } from './api-exchange.ts';
import type { ApiResponse, Dialect, EdgeRequest, Route } from './api-exchange.ts';
import { createIdentifyCaller } from './identify-caller.ts';
import type { IdentifyPorts } from './identify-caller.ts';
import { createIdentifyOperator } from '../admin/identify-operator.ts';
import type { IdentifyOperatorPorts } from '../admin/identify-operator.ts';
import { createMatchRoute } from './match-route.ts';
import type { Matched } from './match-route.ts';
import { BODY_LIMIT, parseBody } from './parse-body.ts';
import { INTERNAL, problemOf } from './problem-of.ts';

export interface ServePorts extends IdentifyPorts {
  readonly routes: readonly Route[];
  /** Says who operates; nobody does where it is left out. */
  readonly authenticateOperator?: IdentifyOperatorPorts['authenticateOperator'];
}

/**
 * Everything an edge does between a request and its handler, in the one order that is safe: route,
 * caller, body. Resolves when all that the request started is done, and never rejects.
 */
export function createServeRequest({ routes, onError, ...ports }: ServePorts) {
  const { authenticate, authenticateOperator = nobodyOperates } = ports;
  const matchRoute = createMatchRoute(routes);
  const identifyCaller = createIdentifyCaller({ authenticate, onError });
  const identifyOperator = createIdentifyOperator({ authenticateOperator, onError });

  async function handle(
    request: EdgeRequest,
    { route, params }: Matched,
    response: ApiResponse,
  ): Promise<void> {
    if (route.access === 'public') {
      route.handle(response);
      return;
    }
    if (route.access === 'operator') {
      const operator = await identifyOperator(request.headers, { route, params });
      const answer = await route.handle({ operator, params, ...(await contentOf(request)) });
      if (answer === undefined)
        response.bytes(204, NOTHING, { 'content-type': 'application/json' });
      else response.json(200, answer);
      return;
    }
    const principal = await identifyCaller(request.headers);
    const call = { principal, params, ...(await contentOf(request)) };
    const { settled } = await route.handle(call, response);
    // The answer is out and its line durable: a settle that is lost is redone from the line.
    await settled.catch(onError);
  }

  function explain(error: unknown, dialect: Dialect, response: ApiResponse): void {
    if (error instanceof ClientLeft) return;
    const problem = problemOf(error);
    if (!problem) onError(error);
    if (response.hasStarted()) {
      const { contentType, piece } = dialect.streamError(problem ?? INTERNAL);
      response.stream(contentType, [piece]);
      response.end();
      return;
    }
    const { body, headers, status } = dialect.error(problem ?? INTERNAL);
    const more = error instanceof ApiRefused ? error.headers : {};
    response.json(status ?? (problem ?? INTERNAL).status, body, { ...headers, ...more });
  }

  return async function serveRequest(request: EdgeRequest, response: ApiResponse): Promise<void> {
    // Whoever asks for a path that is not ours is answered in the dialect that most clients speak.
    let dialect: Dialect = openAiDialect;
    try {
      const matched = matchRoute(request);
      if (matched.route.access === 'tenant') dialect = matched.route.dialect;
      await handle(request, matched, response);
    } catch (error) {
      explain(error, dialect, response);
    }
  };
}

const NOTHING = new Uint8Array();

function nobodyOperates(): Promise<undefined> {
  return Promise.resolve(undefined);
}

/** Body, query and headers: read only once somebody is known who sent them. */
async function contentOf(request: EdgeRequest) {
  refuseEncoding(request);
  const { headers, target, method } = request;
  const whole = method === 'POST' || method === 'PUT';
  const bytes = whole ? await request.readBody(BODY_LIMIT) : NOTHING;
  const body = whole ? parseBody(bytes) : undefined;
  return { query: queryOf(target), headers, body, bytes };
}

function queryOf(target: string): string {
  const at = target.indexOf('?');
  return at < 0 ? '' : (target.slice(at + 1).split('#', 1)[0] ?? '');
}

function refuseEncoding({ headers }: EdgeRequest): void {
  const encoded = headers.some(
    ([name, value]) => name.toLowerCase() === 'content-encoding' && value !== 'identity',
  );
  if (encoded) throw new ApiRefused(415, 'content-encoding: not supported, expected none');
}
