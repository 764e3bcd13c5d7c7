import { describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import ts from 'typescript';

const CHECKOUT = join(__dirname, '..', '..');
const FLOORS = ['domain', 'pricing', 'handlers', 'runtime'];
const LENGTH = 100_000;
const MOST_MS = 10;

interface Expression {
  readonly where: string;
  readonly pattern: RegExp;
}

/** Every regular expression that stands in the code as one. */
function expressionsIn(path: string): readonly Expression[] {
  const source = ts.createSourceFile(
    path,
    readFileSync(path, 'utf8'),
    ts.ScriptTarget.Latest,
    true,
  );
  const found: Expression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isRegularExpressionLiteral(node)) {
      const end = node.text.lastIndexOf('/');
      const pattern = new RegExp(node.text.slice(1, end), node.text.slice(end + 1));
      const { line } = source.getLineAndCharacterOfPosition(node.getStart());
      found.push({ where: `${path.slice(CHECKOUT.length + 1)}:${line + 1}`, pattern });
    }
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

const files = FLOORS.flatMap((floor) =>
  readdirSync(join(CHECKOUT, floor), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map(({ parentPath, name }) => join(parentPath, name)),
);
const expressions = files.flatMap(expressionsIn);

/** Those that read what is short by itself, and are slow for nothing else. */
const SHORT: ReadonlyMap<string, string> = new Map([
  [String(/0+$/), 'the decimals of one amount'],
  [String(/\{[^}]*\}/g), 'the path of a route, in the code'],
  [String(/(\d+)$/), 'the name of a counter that SQL was asked for'],
  [String(/\B(?=(\d{3})+$)/g), 'one number of a report'],
]);

const SEEDS = [
  ...['a', 'A', '0', ' ', '-', '.', '_', '/', ':', '"', '=', ',', '{', '\\', '\t', '\n', '\0'],
  ...['a.', 'a-', 'a,', '0.', '::', 'a0', 'x-', 'arn:', 'Bearer ', 'https://a', '${a}'],
];
/** Texts that look right for a long way, and are not. */
const HOSTILE = SEEDS.flatMap((seed) => {
  const long = seed.repeat(LENGTH / seed.length);
  return [long, `${long}!`, `${long}\u2028`];
});

/** The least of ten: others use the machine as well. */
function fastestMs(pattern: RegExp, text: string): number {
  let fastest = Infinity;
  for (let tries = 10; tries > 0 && fastest > MOST_MS; tries -= 1) {
    pattern.lastIndex = 0;
    const startedMs = performance.now();
    pattern.exec(text);
    fastest = Math.min(fastest, performance.now() - startedMs);
  }
  return fastest;
}

describe('every regular expression', () => {
  it('says of 100,000 hostile characters within ten milliseconds whether it matches', () => {
    expect(expressions.length).toBeGreaterThan(100);
    const slow = expressions.flatMap(({ where, pattern }) => {
      if (SHORT.has(String(pattern))) return [];
      const worst = HOSTILE.find((text) => fastestMs(pattern, text) > MOST_MS);
      return worst === undefined ? [] : [`${where} ${String(pattern)} on ${worst.slice(0, 20)}…`];
    });

    expect(slow).toEqual([]);
  }, 120_000);
});
