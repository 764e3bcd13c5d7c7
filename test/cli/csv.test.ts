import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { csvText } from '../../runtime/local/cli/output.ts';

/** RFC 4180, by a reader of its own. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [];
  let [row, cell, quoted]: [string[], string, boolean] = [[], '', false];
  for (let at = 0; at < text.length; at += 1) {
    const letter = text.charAt(at);
    if (quoted) {
      if (letter !== '"') cell += letter;
      else if (text.charAt(at + 1) === '"') {
        cell += '"';
        at += 1;
      } else quoted = false;
    } else if (letter === '"') quoted = true;
    else if (letter === ',') {
      row.push(cell);
      cell = '';
    } else if (letter === '\n') {
      rows.push([...row, cell]);
      [row, cell] = [[], ''];
    } else cell += letter;
  }
  return rows;
}

const hostile = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc
    .tuple(fc.constantFrom('=', '+', '-', '@', '\t', '\r', '\0', '"', ',', '\n'), fc.string())
    .map(([first, rest]) => `${first}${rest}`),
);
const money = fc.bigInt({ min: -(10n ** 25n), max: 10n ** 25n });

describe('CSV', () => {
  it('holds no cell that a spreadsheet would run, and every number as it is', () => {
    const columns = [
      { name: '=name()', kind: 'text' },
      { name: 'usd', kind: 'money' },
      { name: 'calls', kind: 'count' },
    ] as const;
    fc.assert(
      fc.property(
        fc.array(fc.tuple(hostile, money, fc.integer()), { minLength: 1, maxLength: 5 }),
        (values) => {
          const rows = values.map(([text, amount, count]) => [
            ...[text, `${amount}.5`, String(count)],
          ]);
          const [head, ...read] = readCsv(csvText({ columns: [...columns], rows }));

          expect(head?.[0]).toBe("'=name()");
          for (const [at, [text, amount, count]] of values.entries()) {
            const [cell = '', usd, calls] = read[at] ?? [];
            expect(cell).toBe(/^[=+\-@\t\r\0]/.test(text) ? `'${text}` : text);
            expect([usd, calls]).toEqual([`${amount}.5`, String(count)]);
          }
        },
      ),
      { numRuns: 2_000 },
    );
  });
});
