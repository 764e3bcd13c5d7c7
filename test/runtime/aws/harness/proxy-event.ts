import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { ApiMethod } from './api-definition.ts';

/** The event of a Lambda proxy integration, format 1.0, as far as it can matter. */
export interface ProxyEvent {
  readonly resource: string;
  readonly path: string;
  readonly httpMethod: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly multiValueHeaders: Readonly<Record<string, readonly string[]>>;
  readonly queryStringParameters: Readonly<Record<string, string>> | null;
  readonly multiValueQueryStringParameters: Readonly<Record<string, readonly string[]>> | null;
  readonly pathParameters: Readonly<Record<string, string>> | null;
  readonly body: string | null;
  readonly isBase64Encoded: boolean;
  readonly requestContext: Readonly<Record<string, unknown>>;
  /** Only in what an authorizer is asked. */
  readonly methodArn: string;
}

const STAGE = 'live';
const API = 'arn:aws:execute-api:us-east-1:111122223333:a1b2c3d4e5';

/** A method and what stands in the named places of its path. */
export interface MatchedMethod {
  readonly method: ApiMethod;
  readonly pathParameters: Readonly<Record<string, string>> | null;
}

/** The method of a path: a literal segment wins over `{name}`, that over `{name+}`. */
export function matchMethod(
  methods: readonly ApiMethod[],
  path: string,
  verb: string,
): MatchedMethod | undefined {
  const found = methods
    .filter((method) => method.verb === verb || method.verb === 'ANY')
    .flatMap((method) => {
      const names = [...method.resource.matchAll(/\{(\w+)\+?\}/g)].map(([, name]) => name!);
      const source = method.resource
        .replaceAll(/[.\\^$|()[\]?*]/g, '\\$&')
        .replaceAll(/\{\w+\+\}/g, '(.+)')
        .replaceAll(/\{\w+\}/g, '([^/]+)');
      const parts = new RegExp(`^${source}$`).exec(path)?.slice(1);
      if (!parts) return [];
      const values = parts.map((part) => decodeURIComponent(part));
      const pathParameters = Object.fromEntries(names.map((name, at) => [name, values[at]!]));
      return { method, pathParameters: names.length === 0 ? null : pathParameters };
    })
    .sort((a, b) => vagueness(a.method) - vagueness(b.method));
  return found[0];
}

function vagueness({ resource, verb }: ApiMethod): number {
  const named = (resource.match(/\{\w+\}/g) ?? []).length;
  return (resource.includes('+}') ? 1000 : 0) + named * 2 + (verb === 'ANY' ? 1 : 0);
}

/** The event that API Gateway makes of a request and its whole body. */
export function proxyEvent(
  request: IncomingMessage,
  { method, pathParameters }: MatchedMethod,
  { bytes, isBinary }: { readonly bytes: Buffer; readonly isBinary: boolean },
): ProxyEvent {
  const { pathname: path, searchParams } = new URL(request.url ?? '/', 'http://gateway');
  const headers = headerPairs(request);
  const query = [...searchParams];
  const verb = request.method ?? '';
  return {
    resource: method.resource,
    path,
    httpMethod: verb,
    // The last of several wins here, which is why nobody should read it.
    headers: Object.fromEntries(headers),
    multiValueHeaders: grouped(headers),
    queryStringParameters: query.length === 0 ? null : Object.fromEntries(query),
    multiValueQueryStringParameters: query.length === 0 ? null : grouped(query),
    pathParameters,
    body: bytes.length === 0 ? null : bytes.toString(isBinary ? 'base64' : 'utf8'),
    isBase64Encoded: isBinary && bytes.length > 0,
    requestContext: {
      requestId: randomUUID(),
      stage: STAGE,
      resourcePath: method.resource,
      httpMethod: verb,
      path: `/${STAGE}${path}`,
      identity: { sourceIp: '127.0.0.1' },
    },
    methodArn: `${API}/${STAGE}/${verb}${path}`,
  };
}

function headerPairs({ rawHeaders }: IncomingMessage): (readonly [string, string])[] {
  const pairs: (readonly [string, string])[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2)
    pairs.push([rawHeaders[at]!, rawHeaders[at + 1]!]);
  return [...pairs, ['X-Forwarded-For', '127.0.0.1'], ['X-Forwarded-Proto', 'https']];
}

function grouped(pairs: readonly (readonly [string, string])[]): Record<string, string[]> {
  const groups = Map.groupBy(pairs, ([name]) => name);
  return Object.fromEntries(
    [...groups].map(([name, all]) => [name, all.map(([, value]) => value)]),
  );
}
