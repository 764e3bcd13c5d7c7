import { openAiError } from '../domain/dialects/openai-error.ts';
import { ApiRefused, ClientLeft } from './api-exchange.ts';
import type { ApiResponse, EdgeRequest, Route } from './api-exchange.ts';
import { createIdentifyCaller } from './identify-caller.ts';
import type { IdentifyPorts } from './identify-caller.ts';
import { createMatchRoute } from './match-route.ts';
import { BODY_LIMIT, parseBody } from './parse-body.ts';
import { INTERNAL, problemOf } from './problem-of.ts';

export interface ServePorts extends IdentifyPorts {
  readonly routes: readonly Route[];
}

/**
 * Everything an edge does between a request and its handler, in the one order that is safe: route,
 * caller, body. Resolves when all that the request started is done, and never rejects.
 */
export function createServeRequest({ routes, authenticate, onError }: ServePorts) {
  const matchRoute = createMatchRoute(routes);
  const identifyCaller = createIdentifyCaller({ authenticate, onError });

  async function handle(request: EdgeRequest, response: ApiResponse): Promise<void> {
    const route = matchRoute(request);
    if (route.access === 'public') {
      route.handle(response);
      return;
    }
    const principal = await identifyCaller(request.headers);
    refuseEncoding(request);
    const body =
      route.method === 'POST' ? parseBody(await request.readBody(BODY_LIMIT)) : undefined;
    const { settled } = await route.handle({ principal, body }, response);
    // The answer is out and its line durable: a settle that is lost is redone from the line.
    await settled.catch(onError);
  }

  return async function serveRequest(request: EdgeRequest, response: ApiResponse): Promise<void> {
    try {
      await handle(request, response);
    } catch (error) {
      if (error instanceof ClientLeft) return;
      const problem = problemOf(error);
      if (!problem) onError(error);
      const { status } = problem ?? INTERNAL;
      const body = openAiError(problem ?? INTERNAL);
      if (!response.started) {
        response.json(status, body, error instanceof ApiRefused ? error.headers : {});
        return;
      }
      response.events([JSON.stringify(body)]);
      response.end();
    }
  };
}

function refuseEncoding({ headers }: EdgeRequest): void {
  const encoded = headers.some(
    ([name, value]) => name.toLowerCase() === 'content-encoding' && value !== 'identity',
  );
  if (encoded) throw new ApiRefused(415, 'content-encoding: not supported, expected none');
}
