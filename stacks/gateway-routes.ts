/** A route as API Gateway has it. */
export interface GatewayRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  readonly path: string;
  /**
   * `tenant`: behind the authorizer of keys and tokens, counted by the usage plan; `operator`: behind an
   * authorizer of its own.
   */
  readonly access: 'public' | 'tenant' | 'operator';
}

/**
 * Every route of the gateway. A test compares this with the routes of the handlers: one that is
 * missing here would be nobody's, one too many would lead nowhere.
 */
export const GATEWAY_ROUTES: readonly GatewayRoute[] = [
  { method: 'GET', path: '/health', access: 'public' },
  { method: 'GET', path: '/openapi.json', access: 'public' },
  { method: 'GET', path: '/v1/models', access: 'tenant' },
  { method: 'GET', path: '/v1/models/{model}', access: 'tenant' },
  { method: 'POST', path: '/v1/chat/completions', access: 'tenant' },
  { method: 'POST', path: '/v1/responses', access: 'tenant' },
  { method: 'POST', path: '/v1/embeddings', access: 'tenant' },
  { method: 'GET', path: '/list_foundation_models', access: 'tenant' },
  { method: 'POST', path: '/invoke_model', access: 'tenant' },
  { method: 'POST', path: '/v1/messages', access: 'tenant' },
  { method: 'POST', path: '/v1/messages/count_tokens', access: 'tenant' },
  { method: 'POST', path: '/model/{modelId}/converse', access: 'tenant' },
  { method: 'POST', path: '/model/{modelId}/converse-stream', access: 'tenant' },
  { method: 'POST', path: '/model/{modelId}/invoke', access: 'tenant' },
  { method: 'POST', path: '/model/{modelId}/invoke-with-response-stream', access: 'tenant' },
  { method: 'POST', path: '/model/{modelId}/count-tokens', access: 'tenant' },
  { method: 'GET', path: '/me', access: 'tenant' },
  { method: 'GET', path: '/me/keys', access: 'tenant' },
  { method: 'GET', path: '/me/budgets', access: 'tenant' },
  { method: 'GET', path: '/me/usage', access: 'tenant' },
  { method: 'GET', path: '/admin/tenants', access: 'operator' },
  { method: 'POST', path: '/admin/tenants', access: 'operator' },
  { method: 'GET', path: '/admin/tenants/{tenant}', access: 'operator' },
  { method: 'GET', path: '/admin/tenants/{tenant}/keys', access: 'operator' },
  { method: 'POST', path: '/admin/tenants/{tenant}/keys', access: 'operator' },
  { method: 'DELETE', path: '/admin/tenants/{tenant}/keys/{key}', access: 'operator' },
  { method: 'GET', path: '/admin/tenants/{tenant}/policy', access: 'operator' },
  { method: 'PUT', path: '/admin/tenants/{tenant}/policy', access: 'operator' },
  { method: 'GET', path: '/admin/tenants/{tenant}/budgets', access: 'operator' },
  { method: 'PUT', path: '/admin/tenants/{tenant}/budgets/{period}', access: 'operator' },
  { method: 'DELETE', path: '/admin/tenants/{tenant}/budgets/{period}', access: 'operator' },
  { method: 'GET', path: '/admin/models', access: 'operator' },
  { method: 'PUT', path: '/admin/models/{model}', access: 'operator' },
  { method: 'GET', path: '/admin/operators', access: 'operator' },
  { method: 'POST', path: '/admin/operators', access: 'operator' },
  { method: 'DELETE', path: '/admin/operators/{operator}', access: 'operator' },
  { method: 'GET', path: '/admin/audit', access: 'operator' },
];

/** Functions that answer: model calls alone in one, so that it starts fast and can do little else. */
export type AnsweringFunction = 'invoke' | 'me' | 'admin';

/** The function behind a path; the document of all routes is no part of the one that must start fast. */
export function functionOf(path: string): AnsweringFunction {
  if (/^\/(admin(\/|$)|openapi\.json$)/.test(path)) return 'admin';
  return /^\/me(\/|$)/.test(path) ? 'me' : 'invoke';
}
