import type { APIGatewayProxyEvent } from 'aws-lambda';
import { ApiRefused } from '../../../handlers/edge/api-exchange.ts';
import type { EdgeRequest, Header } from '../../../handlers/edge/api-exchange.ts';

/** The parts of a REST API's event (proxy format 1.0) that say what was asked. */
export type GatewayEvent = Pick<
  APIGatewayProxyEvent,
  | 'resource'
  | 'pathParameters'
  | 'multiValueQueryStringParameters'
  | 'httpMethod'
  | 'multiValueHeaders'
  | 'body'
  | 'isBase64Encoded'
>;

/** The event of a REST API as an edge receives requests. */
export function edgeRequest(event: GatewayEvent): EdgeRequest {
  return {
    method: event.httpMethod,
    target: `${pathOf(event)}${queryOf(event)}`,
    headers: headersOf(event.multiValueHeaders),
    readBody: (limit) => readBody(event, limit),
  };
}

/** Every occurrence of every header: one that came twice must not look as if it came once. */
export function headersOf(
  multiValueHeaders: APIGatewayProxyEvent['multiValueHeaders'] | null,
): Header[] {
  return Object.entries(multiValueHeaders ?? {}).flatMap(([name, values = []]) =>
    values.map((value): Header => [name, value]),
  );
}

/**
 * The path of the resource that API Gateway matched, not the one that was asked for: stage, base path
 * of a domain and escapes have been read by then, and are not read a second time.
 */
function pathOf({ resource, pathParameters }: GatewayEvent): string {
  return resource.replace(/\{(\w+)(\+?)\}/g, (_, name: string, greedy: string) => {
    const value = pathParameters?.[name] ?? '';
    return greedy ? value : encodeURIComponent(value);
  });
}

function queryOf({ multiValueQueryStringParameters: parameters }: GatewayEvent): string {
  const query = new URLSearchParams();
  for (const [name, values] of Object.entries(parameters ?? {})) {
    for (const value of values ?? []) query.append(name, value);
  }
  return query.size === 0 ? '' : `?${query.toString()}`;
}

function readBody({ body, isBase64Encoded }: GatewayEvent, limit: number): Promise<Uint8Array> {
  const bytes = Buffer.from(body ?? '', isBase64Encoded ? 'base64' : 'utf8');
  if (bytes.length <= limit) return Promise.resolve(bytes);
  return Promise.reject(new ApiRefused(413, `body: got more, expected at most ${limit} bytes`));
}
