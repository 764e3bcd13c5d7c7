import { AwsFault } from './aws-json-server.ts';

/**
 * The part of Logs Insights QL that the stand-in understands, read strictly: what is not here is
 * refused, so that a statement cannot seem to work because a word of it was passed over.
 */
export type Command =
  | { readonly kind: 'parse'; readonly field: string; readonly pattern: RegExp }
  | { readonly kind: 'fields'; readonly items: readonly Item[] }
  | { readonly kind: 'display'; readonly fields: readonly string[] }
  | { readonly kind: 'filter'; readonly condition: Expression }
  | { readonly kind: 'stats'; readonly sums: readonly Aggregate[]; readonly by: readonly string[] }
  | { readonly kind: 'sort'; readonly field: string; readonly descending: boolean };

export interface Item {
  readonly name: string;
  readonly expression: Expression;
}

export interface Aggregate {
  readonly name: string;
  readonly kind: 'count' | 'sum';
  /** Null for every line. */
  readonly field: string | null;
}

export type Expression =
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'period'; readonly ms: number }
  | { readonly kind: 'field'; readonly name: string }
  | { readonly kind: 'call'; readonly name: string; readonly args: readonly Expression[] }
  | { readonly kind: 'like'; readonly of: Expression; readonly pattern: RegExp }
  | { readonly kind: 'not'; readonly of: Expression }
  | { readonly kind: 'binary'; readonly operator: string; readonly sides: Sides };

type Sides = readonly [Expression, Expression];

export function malformed(message: string): AwsFault {
  return new AwsFault('MalformedQueryException', message);
}

const TOKEN =
  /\s*(?:(?<pattern>\/(?:[^/\\]|\\.)+\/)|(?<text>'[^'\\]*')|(?<period>\d+[smh]\b)|(?<number>\d+)|(?<word>@?[A-Za-z][A-Za-z0-9]*)|(?<sign>[<>!]=|[=<>(),|*+-]))/y;

interface Token {
  readonly kind: string;
  readonly text: string;
}

function tokensOf(query: string): Token[] {
  const tokens: Token[] = [];
  const text = query.trimEnd();
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const at = TOKEN.lastIndex;
    const groups = TOKEN.exec(text)?.groups;
    if (!groups) throw malformed(`got ${JSON.stringify(text.slice(at, at + 30))}`);
    const [kind = '', found = ''] = Object.entries(groups).find(([, value]) => value) ?? [];
    tokens.push({ kind, text: found });
  }
  return tokens;
}

const REFUSED_PATTERN = /\(\?(?!<[A-Za-z])|\\[^dwsDWS/.]|[*+?}][?+]|\(\?<[^>]*[^A-Za-z0-9>]/;

/** A pattern of the syntax that Java, RE2 and JavaScript agree on. */
function patternOf(text: string): RegExp {
  const source = text.slice(1, -1);
  if (REFUSED_PATTERN.test(source)) throw malformed(`pattern ${text}: not understood`);
  return new RegExp(source);
}

const UNIT_MS: Readonly<Record<string, number>> = { s: 1000, m: 60_000, h: 3_600_000 };
const UNIT_CAP: Readonly<Record<string, number>> = { s: 60, m: 60, h: 24 };

function periodOf(text: string): number {
  const [count, unit] = [Number(text.slice(0, -1)), text.slice(-1)];
  if (count < 1 || count > UNIT_CAP[unit]!) throw malformed(`period ${text}: capped by its unit`);
  return count * UNIT_MS[unit]!;
}

const COMPARISONS = ['=', '!=', '<', '<=', '>', '>='];

/** Reads a query. @throws AwsFault MalformedQueryException */
export function parseQuery(query: string): readonly Command[] {
  const tokens = tokensOf(query);
  let at = 0;

  const peek = (): Token => tokens[at] ?? { kind: 'end', text: '' };
  const isNext = (...texts: readonly string[]) =>
    peek().kind !== 'text' && texts.includes(peek().text);

  function take(kind: string): string {
    const { kind: got, text } = peek();
    if (got !== kind) throw malformed(`got ${JSON.stringify(text)}, expected a ${kind}`);
    at += 1;
    return text;
  }

  function expect(text: string): void {
    if (!isNext(text)) throw malformed(`got ${JSON.stringify(peek().text)}, expected ${text}`);
    at += 1;
  }

  function listOf<T>(one: () => T): T[] {
    const list = [one()];
    while (isNext(',')) {
      at += 1;
      list.push(one());
    }
    return list;
  }

  function leftToRight(operators: readonly string[], operand: () => Expression): Expression {
    let left = operand();
    while (isNext(...operators)) {
      const operator = take(peek().kind);
      left = { kind: 'binary', operator, sides: [left, operand()] };
    }
    return left;
  }

  const expression = (): Expression => leftToRight(['or'], conjunction);
  const conjunction = (): Expression => leftToRight(['and'], negation);

  function negation(): Expression {
    if (!isNext('not')) return comparison();
    at += 1;
    return { kind: 'not', of: negation() };
  }

  function comparison(): Expression {
    const left = sum();
    if (isNext('like')) {
      at += 1;
      return { kind: 'like', of: left, pattern: patternOf(take('pattern')) };
    }
    if (!isNext(...COMPARISONS)) return left;
    return { kind: 'binary', operator: take('sign'), sides: [left, sum()] };
  }

  const sum = (): Expression => leftToRight(['+', '-'], product);
  const product = (): Expression => leftToRight(['*'], atom);

  function atom(): Expression {
    const { kind, text } = peek();
    if (isNext('(')) {
      at += 1;
      const inner = expression();
      expect(')');
      return inner;
    }
    at += 1;
    if (kind === 'number') return { kind, value: Number(text) };
    if (kind === 'text') return { kind, value: text.slice(1, -1) };
    if (kind === 'period') return { kind, ms: periodOf(text) };
    if (kind !== 'word') throw malformed(`got ${JSON.stringify(text)}, expected a value`);
    if (!isNext('(')) return { kind: 'field', name: text };
    at += 1;
    const args = listOf(expression);
    expect(')');
    return { kind: 'call', name: text, args };
  }

  function named(): string {
    expect('as');
    const name = take('word');
    if (name.startsWith('@')) throw malformed(`alias ${name}: a system field's name`);
    return name;
  }

  function item(): Item {
    const value = expression();
    if (value.kind === 'field' && !isNext('as')) return { name: value.name, expression: value };
    return { name: named(), expression: value };
  }

  function aggregate(): Aggregate {
    const kind = take('word');
    if (kind !== 'count' && kind !== 'sum') throw malformed(`aggregate ${kind}: not understood`);
    expect('(');
    const all = kind === 'count' && isNext('*');
    const field = all ? null : take('word');
    if (all) at += 1;
    expect(')');
    return { kind, field, name: named() };
  }

  function command(): Command {
    const word = take('word');
    switch (word) {
      case 'parse':
        return { kind: word, field: take('word'), pattern: patternOf(take('pattern')) };
      case 'fields':
        return { kind: word, items: listOf(item) };
      case 'display':
        return { kind: word, fields: listOf(() => take('word')) };
      case 'filter':
        return { kind: word, condition: expression() };
      case 'stats': {
        const sums = listOf(aggregate);
        expect('by');
        return { kind: word, sums, by: listOf(() => take('word')) };
      }
      case 'sort': {
        const field = take('word');
        if (!isNext('asc', 'desc')) throw malformed('sort: expected asc or desc');
        return { kind: word, field, descending: take('word') === 'desc' };
      }
      default:
        throw malformed(`command ${word}: not understood`);
    }
  }

  const commands = [command()];
  while (isNext('|')) {
    at += 1;
    commands.push(command());
  }
  if (peek().kind !== 'end') throw malformed(`got ${JSON.stringify(peek().text)}, expected |`);
  return commands;
}
