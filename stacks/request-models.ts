import type { JsonSchema, MethodOptions, RestApi } from 'aws-cdk-lib/aws-apigateway';
import { documentedBodies } from '../runtime/bundling.ts';
import type { GatewayRoute } from './gateway-routes.ts';
import { modelSchemaOf } from './model-schema.ts';

type BodyChecks = Pick<MethodOptions, 'requestModels' | 'requestValidator'>;

/**
 * Says how the body of a route is checked before its function is called: by a model made from the document
 * that the gateway serves. Nothing is checked where the document says no more than that it is an object, nor
 * a body of another content type, which API Gateway hands on as it is
 * (docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-method-request-validation.html, read
 * 2026-11-21). A model has at most 400 KB (API reference, CreateModel); ours have two.
 *
 * @throws UnknownSchema for a document that no model can say.
 */
export function createBodyChecks(api: RestApi): (route: GatewayRoute) => BodyChecks {
  const requestValidator = api.addRequestValidator('Bodies', { validateRequestBody: true });
  const bodies = documentedBodies();
  return ({ method, path }) => {
    const requestModels = bodies
      .filter((body) => body.method === method && body.path === path)
      .flatMap(({ contentType, schema }) => {
        const model = modelSchemaOf(schema, `${method} ${path}`);
        if (!model) return [];
        const words = `${method}${path}/${contentType}`.match(/[A-Za-z0-9]+/g) ?? [];
        const made = api.addModel(`Body-${words.join('-')}`, {
          ...{ contentType, description: `${method} ${path}` },
          // CDK names the types by an enumeration, and has no words for what is read-only.
          schema: model as unknown as JsonSchema,
        });
        return [[contentType, made] as const];
      });
    if (requestModels.length === 0) return {};
    return { requestModels: Object.fromEntries(requestModels), requestValidator };
  };
}
