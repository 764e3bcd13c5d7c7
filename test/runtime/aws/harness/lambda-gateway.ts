import type { StreamifyHandler } from 'aws-lambda';
import { createAuthorizer } from '../../../../runtime/aws/authorizer.ts';
import { createLambdaEdge } from '../../../../runtime/aws/lambda-edge.ts';
import type { EdgeEvent } from '../../../../runtime/aws/lambda-edge.ts';
import type { OpenEdge } from '../../local/gateway-harness.ts';
import { readApi } from './api-definition.ts';
import { startApiGateway } from './api-gateway.ts';
import { installRuntime } from './lambda-runtime.ts';
import type { Template } from './template.ts';

/** API Gateway by this template, with the routes and the check of keys under test behind it. */
export function lambdaEdge(template: Template, usagePlanKey: string): OpenEdge {
  return ({ routes, authenticate, onError }) => {
    installRuntime();
    const answer = createLambdaEdge({ routes: () => Promise.resolve(routes), onError });
    const invoke: StreamifyHandler = awslambda.streamifyResponse(
      (event: EdgeEvent, stream, context) =>
        answer(event, (head) => awslambda.HttpResponseStream.from(stream, head), context),
    );
    const authorizer = createAuthorizer({ authenticate, onError, usagePlanKey });
    return startApiGateway(readApi(template), { invoke, authorizer });
  };
}
