import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { LineArchiveError, decodeLines, encodeLines } from '../../domain/line-archive.ts';

describe('an archive of lines', () => {
  it('holds one row a line: emission, then the text as it is', () => {
    expect(encodeLines([{ text: '{"a":1}', emittedMs: 17 }])).toBe('17r{"a":1}\n');
  });

  it('quotes a text that holds a line feed, so that rows stay rows', () => {
    const lines = [
      { text: 'a\nb', emittedMs: 1 },
      { text: '\n', emittedMs: 2 },
    ];

    expect(encodeLines(lines)).toBe('1q"a\\nb"\n2q"\\n"\n');
    expect(decodeLines(encodeLines(lines))).toEqual(lines);
  });

  it('gives back every text as it was, in order', () => {
    const anyText = fc.oneof(
      fc.string({ unit: 'binary' }),
      fc.constantFrom('', '\r\n', '\r', '1q"x"', '12r', '\u2028', '\ufeff{}', '\u0000', '"'),
    );
    const anyLine = fc.record({ text: anyText, emittedMs: fc.nat(Number.MAX_SAFE_INTEGER) });
    fc.assert(
      fc.property(fc.array(anyLine), (lines) => {
        expect(decodeLines(encodeLines(lines))).toEqual(lines);
      }),
    );
  });

  it('of nothing is empty', () => {
    expect(encodeLines([])).toBe('');
    expect(decodeLines('')).toEqual([]);
  });

  it.each(['17r{"a":1}', 'r{}\n', '17\n', '17x{}\n', '-1r{}\n', '17r{}\nrest', '\n', '1.5r{}\n'])(
    'is refused in the form %j',
    (archive) => {
      expect(() => decodeLines(archive)).toThrow(LineArchiveError);
    },
  );
});
