import type { StreamifyHandler } from 'aws-lambda';
import { createAuthorizer } from '../../../../runtime/aws/edge/authorizer.ts';
import { createLambdaEdge } from '../../../../runtime/aws/edge/lambda-edge.ts';
import type { EdgeEvent } from '../../../../runtime/aws/edge/lambda-edge.ts';
import { createOperatorAuthorizer } from '../../../../runtime/aws/edge/operator-authorizer.ts';
import type { OpenEdge } from '../../local/gateway-harness.ts';
import { readApi } from './api-definition.ts';
import { startApiGateway } from './api-gateway.ts';
import { installRuntime } from './lambda-runtime.ts';
import type { Template } from './template.ts';

/**
 * API Gateway by this template, with the routes and the checks of credentials under test behind it. Its
 * functions serve all routes here; which of them is asked is the template's to say.
 */
export function lambdaEdge(template: Template, usagePlanKey: string): OpenEdge {
  return ({ routes, authenticate, authenticateOperator = nobody, onError }) => {
    installRuntime();
    const operators = { authenticateOperator, onError };
    const answer = createLambdaEdge({ routes: () => Promise.resolve(routes), ...operators });
    const invoke: StreamifyHandler = awslambda.streamifyResponse(
      (event: EdgeEvent, stream, context) =>
        answer(event, (head) => awslambda.HttpResponseStream.from(stream, head), context),
    );
    const authorizer = createAuthorizer({ authenticate, onError, usagePlanKey });
    return startApiGateway(readApi(template), {
      ...{ invoke, me: invoke, admin: invoke, authorizer },
      'operator-authorizer': createOperatorAuthorizer(operators),
    });
  };
}

function nobody(): Promise<undefined> {
  return Promise.resolve(undefined);
}
