import { createAdminRoutes } from '../../handlers/admin/admin-routes.ts';
import { createMeRoutes } from '../../handlers/admin/me-routes.ts';
import { apiDocument } from '../../handlers/api/document.ts';
import type { Route } from '../../handlers/edge/api-exchange.ts';
import { createGatewayRoutes } from '../../handlers/edge/gateway-routes.ts';
import { createOpenApiRoute } from '../../handlers/edge/openapi-route.ts';

/** Routes are made of ports, and say what they are before anybody uses one. */
const UNCONNECTED = {} as never;

/** Every route of a gateway, to be looked at: none of them can answer. */
export function routesToLookAt(): readonly Route[] {
  const routes = [
    ...createGatewayRoutes(UNCONNECTED),
    ...createMeRoutes({ administration: UNCONNECTED, usageOf: UNCONNECTED }),
    ...createAdminRoutes(UNCONNECTED),
  ];
  return [...routes, createOpenApiRoute(routes)];
}

/** What `GET /openapi.json` answers, wherever it is served. */
export function gatewayDocument(): ReturnType<typeof apiDocument> {
  return apiDocument(routesToLookAt());
}

/** The body of a route, as the document that is served has it. */
export interface DocumentedBody {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  /** JSON Schema 2020-12. */
  readonly schema: Readonly<Record<string, unknown>>;
}

/** Bodies of all routes that take one, for who checks them before a function is called. */
export function documentedBodies(): readonly DocumentedBody[] {
  return Object.entries(gatewayDocument().paths).flatMap(([path, operations]) =>
    Object.entries(operations).flatMap(([method, operation]) => {
      const { requestBody } = operation as {
        readonly requestBody?: {
          readonly content: Readonly<Record<string, Pick<DocumentedBody, 'schema'>>>;
        };
      };
      return Object.entries(requestBody?.content ?? {}).map(([contentType, { schema }]) => ({
        ...{ method: method.toUpperCase(), path, contentType, schema },
      }));
    }),
  );
}
