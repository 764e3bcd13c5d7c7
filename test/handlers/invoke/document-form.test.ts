import { describe, expect, it } from '@jest/globals';
import { Ajv2020 } from 'ajv/dist/2020.js';
import fc from 'fast-check';
import {
  DocumentError,
  exactly,
  listOf,
  oneOf,
  orNull,
  recordOf,
  text,
  textLike,
  textThat,
  wholeNumber,
  withDefault,
} from '../../../handlers/invoke/document-form.ts';
import { ModelDocument, parseModel } from '../../../handlers/invoke/model-documents.ts';
import {
  BudgetDocument,
  PolicyDocument,
  parseBudgets,
  parsePolicy,
  policyDocument,
} from '../../../handlers/invoke/tenant-documents.ts';

const even = textThat((word) => word.length % 2 === 0, 'an even number of letters');
const Example = exactly({
  name: text(1, 5),
  code: withDefault(orNull(textLike(/^[a-c]+$/, 'letters up to c')), null),
  size: withDefault(wholeNumber(1, 10), 3),
  kind: withDefault(oneOf(['one', 'two']), 'one'),
  list: withDefault(listOf(wholeNumber(0, 9), 2), []),
  by_name: withDefault(recordOf(text(1, 3), orNull(wholeNumber(0, 5))), {}),
});

/** What was said against a value; the empty text where nothing was. */
function faultOf(read: () => unknown): string {
  try {
    read();
    return '';
  } catch (error) {
    if (error instanceof DocumentError) return error.message;
    throw error;
  }
}

/** Values of which some fit and many nearly do. */
const scalar = fc.oneof(
  fc.constantFrom(null, true, '', 'a', 'abc', 'abcdef', 'one', 'strict', 'DRAFT', '12', 'day'),
  fc.constantFrom(-1, 0, 1, 2, 5, 6, 10, 11, 1.5, 1e9, 1e9 + 1, 2 ** 53),
  fc.constantFrom('2026-01-01T00:00:00.000Z', 'custom', 'approved', '250', 'UTC', 'x'.repeat(257)),
);
const nested = fc.oneof(scalar, fc.array(scalar, { maxLength: 4 }), fc.dictionary(word(), scalar));
const deeper = fc.oneof(nested, fc.dictionary(word(), nested), fc.array(nested, { maxLength: 3 }));

function word() {
  return fc.constantFrom('a', 'abc', 'abcd', 'id', 'version', 'requests_per_minute', '__proto__');
}

/** What must be there, and some of the other fields; now and then one that is not known. */
function objectsWith(form: { readonly schema: Readonly<Record<string, unknown>> }) {
  const names = Object.keys(form.schema['properties'] as object);
  const must = (form.schema['required'] as string[]).map((name) => [name, 'a'] as const);
  const fields = (from: readonly string[], values: fc.Arbitrary<unknown>) =>
    fc
      .dictionary(fc.constantFrom(...from), values, { maxKeys: 3 })
      .map((some) => ({ ...Object.fromEntries(must), ...some }));
  return fc.oneof(
    { weight: 10, arbitrary: fields(names, fc.oneof(scalar, deeper)) },
    { weight: 2, arbitrary: fields([...names, 'unknown'], deeper) },
    { weight: 1, arbitrary: deeper },
  );
}

describe('a form', () => {
  const ajv = new Ajv2020({ strict: false });
  const forms = { Example, PolicyDocument, ModelDocument } as const;

  it.each(Object.entries(forms))('takes what its schema takes, and nothing else: %s', (_, form) => {
    const fits = ajv.compile(form.schema);
    let [taken, refused] = [0, 0];
    fc.assert(
      fc.property(objectsWith(form), (given) => {
        // What stands in a document has come by JSON.
        const value: unknown = JSON.parse(JSON.stringify(given));
        const fault = faultOf(() => form.read(value, 'it'));
        // `end_of_life` holds instants, which no pattern says in full.
        if (fault.includes('expected YYYY')) return;
        expect([value, fault === '']).toEqual([value, fits(value)]);
        if (fault === '') taken += 1;
        else refused += 1;
      }),
      { numRuns: 3_000 },
    );
    expect(taken).toBeGreaterThan(20);
    expect(refused).toBeGreaterThan(200);
  });

  it('fills in what was left out, and only that', () => {
    expect(Example.read({ name: 'a', list: [1] }, 'it')).toEqual({
      ...{ name: 'a', code: null, size: 3, kind: 'one', list: [1], by_name: {} },
    });
    expect(faultOf(() => Example.read({ name: 'a', size: null }, 'it'))).not.toBe('');
  });

  it.each<[unknown, string]>([
    [null, 'it: got null, expected an object'],
    [[], 'it: got a list, expected an object'],
    [{}, 'it.name: got nothing, expected text of 1 to 5 characters'],
    [{ name: 'abcdef' }, 'it.name: got text, expected text of 1 to 5 characters'],
    [{ name: 'a', code: 'd' }, 'it.code: got text, expected letters up to c'],
    [{ name: 'a', size: 11 }, 'it.size: got 11, expected a whole number from 1 to 10'],
    [{ name: 'a', kind: 'three' }, 'it.kind: got text, expected one of one, two'],
    [{ name: 'a', list: 'x' }, 'it.list: got text, expected a list'],
    [{ name: 'a', list: [1, 2, 3] }, 'it.list: got 3, expected at most 2'],
    [{ name: 'a', list: [1, 'x'] }, 'it.list.1: got text, expected a whole number from 0 to 9'],
    [{ name: 'a', by_name: { abcd: 1 } }, 'it.by_name: a name in it: got text, expected text of'],
    [{ name: 'a', by_name: { abc: 6 } }, 'it.by_name.abc: got 6, expected a whole number'],
    [{ name: 'a', colour: 1 }, 'it.colour: not known, expected name, code, size, kind, list'],
  ])('says where, what it got and what it expected: %j', (value, fault) => {
    expect(faultOf(() => Example.read(value, 'it'))).toContain(fault);
  });

  it('takes a text that passes its test', () => {
    expect(even.read('ab', 'it')).toBe('ab');
    expect(faultOf(() => even.read('a', 'it'))).toBe(
      'it: got text, expected an even number of letters',
    );
  });
});

describe('the documents of a tenant', () => {
  it('of a policy restrict nothing when they are empty, and come back as they were written', () => {
    const empty = parsePolicy({});
    expect(parsePolicy(policyDocument(empty))).toEqual(empty);
    expect(empty).toMatchObject({ models: null, attempts: 1, outputTokensMax: null });
  });

  it.each<[unknown, string]>([
    [{ attempts: 6 }, 'policy.attempts: got 6, expected a whole number from 1 to 5'],
    [{ limits: { concurrent: 0 } }, 'policy.limits.concurrent: got 0'],
    [{ per_model: { m: { tokens_per_minute: 1.5 } } }, 'policy.per_model.m.tokens_per_minute'],
    [{ end_of_life: { m: '2026-13-01' } }, 'policy.end_of_life.m: got text, expected YYYY-MM-DD'],
    [{ guardrail: { id: 'g', version: 'LATEST' } }, 'policy.guardrail.version: got text'],
  ])('of a policy name what is wrong: %j', (value, fault) => {
    expect(faultOf(() => parsePolicy(value))).toContain(fault);
  });

  it.each<[unknown, string]>([
    [{ period: 'year', limit: '1' }, 'budgets.budgets.0.period: got text, expected one of day'],
    [{ period: 'day', limit: '0' }, 'budgets.budgets.0.limit: got text, expected more than 0'],
    [{ period: 'day', limit: 1 }, 'budgets.budgets.0.limit: got 1, expected more than 0'],
    [{ period: 'day', limit: '1', zone: 'Mars' }, 'budgets.budgets.0.zone'],
  ])('of budgets name what is wrong: %j', (budget, fault) => {
    expect(faultOf(() => parseBudgets({ budgets: [budget] }))).toContain(fault);
  });

  it('of budgets hold one for each period', () => {
    const day = { period: 'day', limit: '1' };
    expect(faultOf(() => parseBudgets({ budgets: [day, day] }))).toContain('got two of a period');
    expect(BudgetDocument.read(day, 'it')).toEqual({ ...day, mode: 'strict', zone: 'UTC' });
  });

  it('of a model name its id too', () => {
    expect(faultOf(() => parseModel('-x', { owner: 'a' }))).toContain('model: got text');
    expect(faultOf(() => parseModel('x', {}))).toContain('model.owner: got nothing');
  });
});
