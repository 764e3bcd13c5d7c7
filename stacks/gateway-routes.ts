/** A route as API Gateway has it. */
export interface GatewayRoute {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** `tenant`: behind the authorizer, counted by the usage plan. */
  readonly access: 'public' | 'tenant';
}

/**
 * Every route of the gateway. A test compares this with the routes of the handlers: one that is
 * missing here would be nobody's, one too many would lead nowhere.
 */
export const GATEWAY_ROUTES: readonly GatewayRoute[] = [
  { method: 'GET', path: '/health', access: 'public' },
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
];
