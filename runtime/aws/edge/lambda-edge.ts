import type { APIGatewayProxyEvent, Context } from 'aws-lambda';
import { openAiDialect } from '../../../domain/dialects/openai-error.ts';
import { parseApiKey } from '../../../domain/api-key.ts';
import type { Route } from '../../../handlers/edge/api-exchange.ts';
import type { Principal } from '../../../handlers/edge/authenticate.ts';
import type { IdentifyOperatorPorts } from '../../../handlers/admin/identify-operator.ts';
import { INTERNAL } from '../../../handlers/edge/problem-of.ts';
import { createServeRequest } from '../../../handlers/edge/serve-request.ts';
import { claimedJwtUser, looksLikeJwt } from '../../node/jwt-form.ts';
import { principalOf } from './authorizer-context.ts';
import { edgeRequest } from './lambda-request.ts';
import type { GatewayEvent } from './lambda-request.ts';
import { createLambdaResponse } from './lambda-response.ts';
import type { OpenStream } from './lambda-response.ts';

/** An event of a REST API behind our authorizer. */
export type EdgeEvent = GatewayEvent & {
  readonly requestContext: Pick<APIGatewayProxyEvent['requestContext'], 'authorizer'>;
};

export interface LambdaEdgePorts {
  /** The routes of one event; `remainingMs` is what Lambda still gives the function. */
  readonly routes: (remainingMs: () => number) => readonly Route[] | Promise<readonly Route[]>;
  /** Says who operates, from the credential alone; nobody does where it is left out. */
  readonly authenticateOperator?: IdentifyOperatorPorts['authenticateOperator'];
  /** Told of errors of ours. */
  readonly onError: (error: unknown) => void;
}

/**
 * The HTTP edge on Lambda behind API Gateway, with the answer as a stream. Resolves when all that the
 * event started is done, the settling too: a function may be frozen as soon as it has returned.
 */
export function createLambdaEdge({ routes, ...ports }: LambdaEdgePorts) {
  return async function answer(
    event: EdgeEvent,
    open: OpenStream,
    context: Pick<Context, 'getRemainingTimeInMillis'>,
  ): Promise<void> {
    const response = createLambdaResponse(open);
    const caller = principalOf(event.requestContext.authorizer);
    try {
      const serve = createServeRequest({
        routes: await routes(() => context.getRemainingTimeInMillis()),
        authenticate: (credential) => Promise.resolve(ownerOf(credential, caller)),
        ...ports,
      });
      await serve(edgeRequest(event), response);
    } catch (error) {
      ports.onError(error);
      response.json(INTERNAL.status, openAiDialect.error(INTERNAL).body);
    }
  };
}

/**
 * The caller that the authorizer made of this very credential. A context kept by API Gateway under
 * anything else would bill one tenant for another: it is nobody's.
 */
function ownerOf(credential: string, caller: Principal | undefined): Principal | undefined {
  const named = looksLikeJwt(credential)
    ? claimedJwtUser(credential)
    : parseApiKey(credential)?.keyId;
  return named === caller?.keyId ? caller : undefined;
}
