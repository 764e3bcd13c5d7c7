/**
 * What OpenAPI 3.1 demands of the parts that ours has (spec.openapis.org/oas/v3.1.0, read 2026-11-21):
 * a JSON Schema of the document itself. Its own schemas are compiled apart.
 */
const reference = {
  type: 'object',
  properties: { $ref: { type: 'string', pattern: '^#/components/' } },
  required: ['$ref'],
  additionalProperties: false,
};
const content = {
  type: 'object',
  minProperties: 1,
  propertyNames: { pattern: '^[a-z]+/[a-z0-9.+-]+$' },
  additionalProperties: {
    type: 'object',
    properties: { schema: { type: 'object' } },
    required: ['schema'],
    additionalProperties: false,
  },
};
const text = { type: 'string', minLength: 1 };
const header = {
  type: 'object',
  properties: { schema: { type: 'object' }, description: text },
  required: ['schema'],
  additionalProperties: false,
};
const response = {
  type: 'object',
  properties: {
    ...{ description: text, content },
    headers: { type: 'object', additionalProperties: { anyOf: [reference, header] } },
  },
  required: ['description'],
  additionalProperties: false,
};
const parameter = {
  type: 'object',
  properties: {
    ...{ name: text, in: { enum: ['path', 'query', 'header'] }, required: { type: 'boolean' } },
    ...{ schema: { type: 'object' }, description: text },
  },
  required: ['name', 'in', 'schema'],
  additionalProperties: false,
};
const operation = {
  type: 'object',
  properties: {
    ...{ operationId: text, summary: text, tags: { type: 'array', items: text } },
    security: {
      type: 'array',
      items: { type: 'object', minProperties: 1, additionalProperties: { type: 'array' } },
    },
    'x-roles': { type: 'array', minItems: 1 },
    parameters: { type: 'array', items: parameter },
    requestBody: {
      type: 'object',
      properties: { required: { type: 'boolean' }, content },
      required: ['content'],
      additionalProperties: false,
    },
    responses: {
      type: 'object',
      minProperties: 1,
      propertyNames: { pattern: '^([1-5](\\d\\d|XX)|default)$' },
      additionalProperties: { anyOf: [reference, response] },
    },
  },
  required: ['operationId', 'security', 'responses'],
  additionalProperties: false,
};
const named = (schema: object) => ({ type: 'object', additionalProperties: schema });

export const OPENAPI_RULES = {
  type: 'object',
  properties: {
    openapi: { type: 'string', pattern: '^3\\.1\\.\\d+$' },
    info: {
      type: 'object',
      properties: { title: text, version: text, description: text },
      required: ['title', 'version'],
      additionalProperties: false,
    },
    servers: {
      type: 'array',
      items: { type: 'object', properties: { url: text }, required: ['url'] },
    },
    paths: {
      type: 'object',
      propertyNames: { pattern: '^/' },
      additionalProperties: {
        type: 'object',
        propertyNames: { enum: ['get', 'put', 'post', 'delete'] },
        additionalProperties: operation,
      },
    },
    components: {
      type: 'object',
      properties: {
        ...{ schemas: named({ type: 'object' }), responses: named(response) },
        headers: named(header),
        securitySchemes: named({
          type: 'object',
          properties: { type: { enum: ['http', 'apiKey'] } },
          required: ['type'],
          oneOf: [
            { properties: { scheme: { const: 'bearer' } }, required: ['scheme'] },
            { properties: { in: { const: 'header' }, name: text }, required: ['in', 'name'] },
          ],
        }),
      },
      additionalProperties: false,
    },
  },
  required: ['openapi', 'info', 'paths'],
  additionalProperties: false,
};
