import type { ServerResponse } from 'node:http';
import type { GatewayResponse } from './api-definition.ts';

/** What API Gateway answers by itself, and how unless a template says otherwise. */
export const OWN_RESPONSES = {
  ACCESS_DENIED: [403, 'User is not authorized to access this resource'],
  AUTHORIZER_CONFIGURATION_ERROR: [500, 'Internal server error'],
  AUTHORIZER_FAILURE: [500, 'Internal server error'],
  BAD_REQUEST_BODY: [400, 'Invalid request body'],
  BAD_REQUEST_PARAMETERS: [400, 'Missing required request parameters'],
  DEFAULT_5XX: [502, 'Internal server error'],
  INTEGRATION_TIMEOUT: [504, 'Endpoint request timed out'],
  INVALID_API_KEY: [403, 'Forbidden'],
  MISSING_AUTHENTICATION_TOKEN: [403, 'Missing Authentication Token'],
  QUOTA_EXCEEDED: [429, 'Limit Exceeded'],
  REQUEST_TOO_LARGE: [413, 'Request Too Long'],
  THROTTLED: [429, 'Too Many Requests'],
  UNAUTHORIZED: [401, 'Unauthorized'],
} as const satisfies Record<string, readonly [status: number, message: string]>;

export type OwnResponse = keyof typeof OWN_RESPONSES;

/** API Gateway refuses a request, or gives up on its function. */
export class GatewayRefused extends Error {
  override readonly name = 'GatewayRefused';
  readonly response: OwnResponse;

  constructor(response: OwnResponse) {
    super(response);
    this.response = response;
  }
}

/** Sends an answer of API Gateway's own, in the words of the template where it has some. */
export function sendOwn(
  response: ServerResponse,
  own: OwnResponse,
  configured: readonly GatewayResponse[],
): void {
  const [usual, message] = OWN_RESPONSES[own];
  const fallback = usual < 500 ? 'DEFAULT_4XX' : 'DEFAULT_5XX';
  const exact = configured.find(({ type }) => type === own);
  const found = exact ?? configured.find(({ type }) => type === fallback);
  const status = exact?.status ?? usual;
  const body = (found?.body ?? '{"message":$context.error.messageString}').replaceAll(
    '$context.error.messageString',
    JSON.stringify(message),
  );
  const headers = { 'content-type': 'application/json', 'x-amzn-errortype': own };
  response.writeHead(status, { ...headers, ...found?.headers });
  response.end(body);
}
