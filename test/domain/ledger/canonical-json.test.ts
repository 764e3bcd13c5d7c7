import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import {
  canonicalBytes,
  canonicalJson,
  parseCanonical,
  parseStrictJson,
} from '../../../domain/ledger/canonical-json.ts';
import { decodeBase64, encodeBase64 } from '../../../domain/ledger/bytes.ts';
import { LedgerFormatError } from '../../../domain/ledger/format-error.ts';

const key = fc.string({ unit: 'grapheme-ascii', maxLength: 8 });
const { value: profileValue } = fc.letrec((tie) => ({
  value: fc.oneof(
    { maxDepth: 6 },
    fc.maxSafeInteger(),
    fc.boolean(),
    fc.constant(null),
    fc.string({ unit: 'binary' }).filter((text) => text.isWellFormed()),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(key, tie('value'), { maxKeys: 4, noNullPrototype: true }),
  ),
}));

describe('canonical JSON', () => {
  it('reads back exactly what it wrote', () => {
    fc.assert(
      fc.property(profileValue, (value) => {
        expect(parseCanonical(canonicalBytes(value))).toEqual(value);
      }),
    );
  });

  it('reads what JSON.parse reads, wherever both accept', () => {
    fc.assert(
      fc.property(profileValue, fc.nat(2), (value, indent) => {
        const text = JSON.stringify(value, null, indent);
        expect(parseStrictJson(text)).toEqual(JSON.parse(text));
      }),
    );
  });

  it('never accepts a text that JSON.parse refuses', () => {
    const pieces = fc.constantFrom(
      '{',
      '}',
      '[',
      ']',
      '"',
      'a',
      ':',
      ',',
      '1',
      '-',
      '0',
      '\\',
      'u',
      ' ',
      'null',
      '.',
      'e',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 12 }), (parts) => {
        const text = parts.join('');
        try {
          parseStrictJson(text);
        } catch (error) {
          expect(error).toBeInstanceOf(LedgerFormatError);
          return;
        }
        expect(() => JSON.parse(text) as unknown).not.toThrow();
      }),
      { numRuns: 3000 },
    );
  });

  it('gives the same bytes whatever the order of keys', () => {
    expect(canonicalJson({ b: 1, a: [true, null], A: 'x' })).toBe(
      '{"A":"x","a":[true,null],"b":1}',
    );
    expect(canonicalJson({ A: 'x', a: [true, null], b: 1 })).toBe(
      '{"A":"x","a":[true,null],"b":1}',
    );
  });

  it('escapes as RFC 8785 does', () => {
    expect(canonicalJson('\u20ac$\u000f\nA\'B"\\\\"/\u2028')).toBe(
      '"\u20ac$\\u000f\\nA\'B\\"\\\\\\\\\\"/\u2028"',
    );
  });

  it.each([
    ['a key twice', '{"a":1,"b":2,"a":1}'],
    ['a key twice, once escaped', '{"a":1,"\\u0061":2}'],
    ['a fraction', '1.0'],
    ['an exponent', '1e3'],
    ['minus zero', '-0'],
    ['a number JSON.parse would round', '9007199254740993'],
    ['a lone surrogate', '"\\ud800"'],
    ['a lone surrogate in a key', '{"\\udc00":1}'],
    ['a key that is not ASCII', '{"é":1}'],
    ['17 levels', `${'['.repeat(17)}${']'.repeat(17)}`],
    ['a BOM', '\ufeff{}'],
    ['bytes behind the value', '{} {}'],
    ['a NUL behind the value', '{}\0'],
    ['a leading zero', '01'],
    ['a plus sign', '+1'],
    ['a raw control character', '"\n"'],
    ['a trailing comma', '[1,]'],
    ['nothing', ''],
    ['a word', 'NaN'],
    ['a text that does not end', '"abc'],
  ])('refuses %s', (_, text) => {
    expect(() => parseStrictJson(text)).toThrow(LedgerFormatError);
  });

  it('refuses bytes that are not UTF-8', () => {
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xc3, 0x22))).toThrow(/not UTF-8/);
    expect(() => parseStrictJson(Uint8Array.of(0x22, 0xed, 0xa0, 0x80, 0x22))).toThrow(/not UTF-8/);
  });

  it.each([
    ['a space', '{"a": 1}'],
    ['another order', '{"b":1,"a":1}'],
    ['a trailing newline', '{"a":1}\n'],
    ['an escape that is not needed', '"\\u0061"'],
    ['an upper-case escape', '"\\u000F"'],
    ['an escaped slash', '"\\/"'],
  ])('is not canonical with %s', (_, text) => {
    expect(() => parseCanonical(new TextEncoder().encode(text))).toThrow(LedgerFormatError);
  });

  it.each([
    ['a fraction', 0.5],
    ['minus zero', -0],
    ['a number past 2^53-1', 2 ** 53],
    ['infinity', Infinity],
    ['a bigint', 1n],
    ['undefined', { a: undefined }],
    ['a lone surrogate', '\ud800'],
    ['a key that is not ASCII', { é: 1 }],
    ['an instance', new Date(0)],
    ['a map', new Map()],
  ])('does not write %s', (_, value) => {
    expect(() => canonicalJson(value)).toThrow(LedgerFormatError);
  });

  it('keeps a member called __proto__ a member', () => {
    const value = parseStrictJson('{"__proto__":{"rows":1}}') as { rows?: number };
    expect(value.rows).toBeUndefined();
    expect(canonicalJson(value)).toBe('{"__proto__":{"rows":1}}');
  });

  it('reads a text of millions of characters', () => {
    const text = 'a'.repeat(5_000_000);
    expect(parseStrictJson(JSON.stringify(text))).toBe(text);
    expect(decodeBase64(encodeBase64(new TextEncoder().encode(text)))).toHaveLength(5_000_000);
  });
});

describe('base64', () => {
  it('has one text for each bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 70 }), (bytes) => {
        const text = encodeBase64(bytes);
        expect(text).toBe(Buffer.from(bytes).toString('base64'));
        expect(decodeBase64(text)).toEqual(bytes);
      }),
    );
  });

  it.each(['QQ', 'QR==', 'QUJ=', 'QQ= =', 'Q===', '====', 'QUI-', 'QUI=\n', '=', 'QQ==QQ=='])(
    'refuses %j',
    (text) => {
      expect(() => decodeBase64(text)).toThrow(LedgerFormatError);
    },
  );
});
