import { describe, expect, it } from '@jest/globals';
import { UnknownSchema, modelSchemaOf } from '../../stacks/model-schema.ts';

const TEXT = { type: 'string' };
const COUNT = { type: 'integer', minimum: 0 };
const NULL = { type: 'null' };
const closed = (properties: object, required: readonly string[] = []) => ({
  ...{ type: 'object', properties, required, additionalProperties: false },
});
const open = (properties: object, required: readonly string[] = []) => ({
  ...{ type: 'object', properties, required },
});
const model = (schema: Readonly<Record<string, unknown>>) => modelSchemaOf(schema, 'POST /x');

describe('the model of a schema', () => {
  it.each([
    ['limits, words and defaults', closed({ a: { ...TEXT, enum: ['x'], default: 'x' } })],
    ['a pattern', open({ a: { ...TEXT, pattern: '^x' } })],
  ])('leaves out %s', (_, schema) => {
    expect(model(schema)).toEqual({ type: 'object', properties: { a: { type: 'string' } } });
  });

  it.each([
    ['null', { anyOf: [COUNT, NULL] }, { type: ['number', 'null'] }],
    [
      'a choice in a choice',
      { anyOf: [{ anyOf: [TEXT, { type: 'array', items: TEXT }] }, NULL] },
      { type: ['string', 'array', 'null'], items: { type: 'string' } },
    ],
    [
      'lists of several kinds',
      {
        anyOf: [
          { type: 'array', items: TEXT },
          { type: 'array', items: COUNT },
        ],
      },
      { type: 'array', items: { type: ['string', 'number'] } },
    ],
    [
      'a list of anything among lists',
      { anyOf: [{ type: 'array', items: TEXT }, { type: 'array' }] },
      { type: 'array' },
    ],
    [
      'closed objects, one of which lacks a member',
      { anyOf: [closed({ a: TEXT, b: COUNT }, ['a', 'b']), closed({ a: NULL, c: TEXT }, ['a'])] },
      {
        type: 'object',
        properties: {
          a: { type: ['string', 'null'] },
          b: { type: 'number' },
          c: { type: 'string' },
        },
        required: ['a'],
      },
    ],
    [
      'an open object, which may have that member too',
      { anyOf: [closed({ a: TEXT, b: COUNT }), open({ a: TEXT })] },
      { type: 'object', properties: { a: { type: 'string' } } },
    ],
  ])('is one schema, without a choice: %s', (_, inner, expected) => {
    expect(model(closed({ inner }))?.properties).toEqual({ inner: expected });
  });

  it.each([
    ['anything', {}],
    ['an object', { type: 'object' }],
    ['an object of anything', closed({ a: {}, b: { description: 'anything' } })],
    ['anything among others', { anyOf: [closed({ a: TEXT }), {}] }],
    ['what may only be left out', open({ a: NULL })],
  ])('is none where there is nothing to check: %s', (_, schema) => {
    expect(model(schema)).toBeUndefined();
  });

  it.each([
    ['POST /x: got keyword oneOf, expected one of anyOf,', { oneOf: [TEXT] }],
    ['POST /x.a.b: got keyword $ref,', open({ a: open({ b: { $ref: '#/components/a' } }) })],
    ['POST /x.a[]: got keyword not,', open({ a: { type: 'array', items: { not: TEXT } } })],
    ['POST /x: got type beside anyOf, expected it inside', { anyOf: [TEXT], type: 'string' }],
    [
      'POST /x.a: got type ["string","null"], expected one of',
      open({ a: { type: ['string', 'null'] } }),
    ],
    ['POST /x: got type "file", expected one of array,', { type: 'file' }],
  ])('is not made of what nobody can say: %s', (said, schema) => {
    expect(() => model(schema)).toThrow(UnknownSchema);
    expect(() => model(schema)).toThrow(said);
  });
});
