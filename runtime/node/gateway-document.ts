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
