import { ancestorDialect } from '../../domain/dialects/ancestor-reply.ts';
import { anthropicDialect } from '../../domain/dialects/anthropic-error.ts';
import { bedrockDialect } from '../../domain/dialects/bedrock-error.ts';
import { openAiDialect, openAiResponsesDialect } from '../../domain/dialects/openai-error.ts';
import type { Dialect, Route } from '../edge/api-exchange.ts';
import { BODY_LIMIT, DEPTH_LIMIT } from '../edge/parse-body.ts';
import { ANCESTOR_OPERATIONS } from './ancestor-operations.ts';
import { ANTHROPIC_OPERATIONS } from './anthropic-operations.ts';
import { BEDROCK_OPERATIONS } from './bedrock-operations.ts';
import { OPENAI_OPERATIONS } from './openai-operations.ts';
import type { OperationWords, Operations, Parameter } from './operation.ts';
import { ADMIN_OPERATIONS, ME_OPERATIONS } from './operator-operations.ts';
import { OBJECT, TEXT, USD, exactly, listOf, oneOf, orNull } from './schema.ts';
import type { Schema } from './schema.ts';

/** What is said of every route, by method and path. */
export const OPERATIONS: Operations = {
  'GET /health': {
    summary: 'Is the gateway up?',
    answer: exactly({ status: oneOf(['ok']) }),
  },
  'GET /openapi.json': { summary: 'This document.', answer: OBJECT },
  ...OPENAI_OPERATIONS,
  ...ANTHROPIC_OPERATIONS,
  ...BEDROCK_OPERATIONS,
  ...ANCESTOR_OPERATIONS,
  ...ME_OPERATIONS,
  ...ADMIN_OPERATIONS,
};

const JSON_TYPE = 'application/json';
const openAiError = exactly({
  error: exactly({
    ...{ message: TEXT, type: TEXT, param: orNull(TEXT), code: orNull(TEXT) },
  }),
});
const ERRORS = {
  OpenAiError: openAiError,
  AnthropicError: exactly({
    ...{ type: { const: 'error' }, error: exactly({ type: TEXT, message: TEXT }) },
    request_id: orNull(TEXT),
  }),
  BedrockError: exactly({ message: TEXT }),
  AncestorError: listOf(
    exactly({
      generated_text: TEXT,
      error: exactly({ type: TEXT, message: TEXT, field: orNull(TEXT) }),
    }),
  ),
} as const;
type ErrorName = keyof typeof ERRORS;
const ERROR_OF: ReadonlyMap<Dialect, ErrorName> = new Map<Dialect, ErrorName>([
  [openAiDialect, 'OpenAiError'],
  [openAiResponsesDialect, 'OpenAiError'],
  [anthropicDialect, 'AnthropicError'],
  [bedrockDialect, 'BedrockError'],
  [ancestorDialect, 'AncestorError'],
]);
const SECURITY = {
  public: [],
  tenant: [{ tenantBearer: [] }, { tenantKey: [] }],
  operator: [{ operatorBearer: [] }, { operatorKey: [] }],
};
const inHeader = (description: string) => ({
  ...{ type: 'apiKey', in: 'header', name: 'x-api-key', description },
});
const bearer = (description: string) => ({ type: 'http', scheme: 'bearer', description });
const COMPONENTS = {
  securitySchemes: {
    tenantBearer: bearer('A tenant’s API key, or a token of an OIDC issuer.'),
    tenantKey: inHeader('A tenant’s API key.'),
    operatorBearer: bearer('An operator’s credential.'),
    operatorKey: inHeader('An operator’s credential.'),
  },
  schemas: ERRORS,
  responses: Object.fromEntries(
    Object.keys(ERRORS).map((name) => [
      name,
      {
        description: 'What went wrong, in the words that the clients of this route read.',
        content: { [JSON_TYPE]: { schema: { $ref: `#/components/schemas/${name}` } } },
      },
    ]),
  ),
  headers: {
    'x-tollbook-event-id': { schema: TEXT, description: 'Names the call, as its usage line does.' },
    ...Object.fromEntries(
      ['limit', 'spent', 'held', 'left'].map((what) => [
        `x-tollbook-budget-${what}-usd`,
        { schema: USD, description: 'Of the budget with the least room; absent without one.' },
      ]),
    ),
  },
};

/** A route that nobody described. */
export class UndescribedRoute extends Error {
  override readonly name = 'UndescribedRoute';
}

/**
 * The OpenAPI 3.1 document of these routes: paths, methods, access and roles are the routes' own.
 *
 * @throws UndescribedRoute for one that `OPERATIONS` does not name.
 */
export function apiDocument(routes: readonly Route[]) {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    (paths[route.path] ??= {})[route.method.toLowerCase()] = operationOf(route);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'Tollbook',
      version: '1.0.0',
      description: `Models of Amazon Bedrock in four dialects, metered. A body is JSON of at most ${BODY_LIMIT} bytes, nested at most ${DEPTH_LIMIT} deep.`,
    },
    servers: [{ url: '/' }],
    paths,
    components: COMPONENTS,
  };
}

function operationOf(route: Route) {
  const { method, path, access } = route;
  const words = OPERATIONS[`${method} ${path}`];
  if (!words) throw new UndescribedRoute(`route ${method} ${path}: got no description`);
  const { summary, body } = words;
  return {
    operationId: `${method.toLowerCase()}${path.replaceAll(/[^A-Za-z0-9]+/g, '_')}`,
    ...{ summary, tags: [tagOf(path)] },
    security: SECURITY[access],
    ...(route.access === 'operator' && { 'x-roles': route.roles }),
    parameters: parametersOf(route, words),
    ...(body && { requestBody: { required: true, content: { [JSON_TYPE]: { schema: body } } } }),
    responses: responsesOf(route, words),
  };
}

function responsesOf(route: Route, words: OperationWords) {
  if (route.access === 'public') return { 200: answerOf(words) };
  const name = route.access === 'tenant' ? ERROR_OF.get(route.dialect) : 'OpenAiError';
  if (!name) throw new UndescribedRoute(`route ${route.path}: got a dialect without an error`);
  const error = { $ref: `#/components/responses/${name}` };
  const nothing = { 204: { description: 'Done.' } };
  const answered = words.answer ?? words.stream;
  return { ...(answered ? { 200: answerOf(words) } : nothing), '4XX': error, '5XX': error };
}

function answerOf({ answer, stream, metered }: OperationWords) {
  const names = Object.keys(COMPONENTS.headers);
  const headers = names.map((name) => [name, { $ref: `#/components/headers/${name}` }]);
  return {
    description: 'The answer.',
    ...(metered === true && { headers: Object.fromEntries(headers) as Schema }),
    content: {
      ...(answer && { [JSON_TYPE]: { schema: answer } }),
      // The media type alone: its charset is no part of the name.
      ...(stream !== undefined && { [stream.replace(/;.*/, '')]: { schema: TEXT } }),
    },
  };
}

const IDEMPOTENCY: Parameter = {
  schema: { type: 'string', minLength: 1, maxLength: 255 },
  description: 'Asked again under the same key, the same request gets the first outcome.',
};
const TEAM: Parameter = {
  schema: TEXT,
  description: 'The tenant itself, or another that this key may act for. Never an identity.',
};

function parametersOf({ path, access, method }: Route, words: OperationWords) {
  const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, name = '']) => ({
    ...{ name, in: 'path', required: true, schema: TEXT },
  }));
  const common: Record<string, Parameter> = {
    ...(access === 'tenant' && { team_id: TEAM }),
    ...(access === 'tenant' && method === 'POST' && { 'idempotency-key': IDEMPOTENCY }),
  };
  return [
    ...inPath,
    ...listed('query', words.query ?? {}),
    ...listed('header', { ...words.headers, ...common }),
  ];
}

function listed(where: string, parameters: Readonly<Record<string, Parameter>>) {
  return Object.entries(parameters).map(([name, { required = false, ...more }]) => ({
    ...{ name, in: where, required, ...more },
  }));
}

function tagOf(path: string): string {
  if (path.startsWith('/v1/messages')) return 'Anthropic';
  const [, first = ''] = path.split('/');
  const tags: Readonly<Record<string, string>> = {
    ...{ v1: 'OpenAI', model: 'Bedrock', me: 'Tenant', admin: 'Operator' },
    ...{ invoke_model: 'Ancestor', list_foundation_models: 'Ancestor' },
  };
  return tags[first] ?? 'Gateway';
}
