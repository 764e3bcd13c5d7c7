import { LedgerFormatError } from './format-error.ts';
import { DEPTH_MAX, isAsciiKey } from './json-profile.ts';

const SPACE = /[ \t\n\r]*/y;
const INTEGER = /-?(?:0|[1-9][0-9]*)/y;
// eslint-disable-next-line no-control-regex -- JSON forbids exactly these inside a string
const STRING = /"[^"\\\u0000-\u001f]*(?:\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})[^"\\\u0000-\u001f]*)*"/y;
const LITERAL = /true|false|null/y;

/** Reads one text of the restricted profile, once. See `parseStrictJson`. */
export class StrictJsonReader {
  readonly #text: string;
  #at = 0;

  constructor(text: string) {
    this.#text = text;
  }

  /** The value, when it is all the text holds. */
  read(): unknown {
    this.#take(SPACE);
    const value = this.#value(0);
    if (this.#at < this.#text.length) throw this.#refuse('the end');
    return value;
  }

  #value(depth: number): unknown {
    const first = this.#text[this.#at];
    if (first === '{' || first === '[') {
      if (depth >= DEPTH_MAX) throw this.#refuse(`at most ${DEPTH_MAX} levels`);
      return first === '{' ? this.#object(depth) : this.#array(depth);
    }
    if (first === '"') return this.#string();
    if (first === 't' || first === 'f' || first === 'n') return this.#literal();
    return this.#integer();
  }

  #object(depth: number): unknown {
    const members = new Map<string, unknown>();
    this.#items('}', () => {
      const key = this.#string();
      if (!isAsciiKey(key)) throw this.#refuse('an ASCII key');
      if (members.has(key)) throw this.#refuse(`the key ${JSON.stringify(key)} once`);
      this.#punctuation(':');
      members.set(key, this.#value(depth + 1));
    });
    // Not by assignment: a member `__proto__` must stay a plain member.
    return Object.fromEntries(members);
  }

  #array(depth: number): unknown[] {
    const values: unknown[] = [];
    this.#items(']', () => values.push(this.#value(depth + 1)));
    return values;
  }

  #items(close: string, readItem: () => void): void {
    this.#punctuation(this.#text.charAt(this.#at));
    if (this.#text[this.#at] !== close) {
      readItem();
      while (this.#text[this.#at] === ',') {
        this.#punctuation(',');
        readItem();
      }
    }
    this.#punctuation(close);
  }

  #string(): string {
    const token = this.#take(STRING);
    if (token === '') throw this.#refuse('a string');
    const value = JSON.parse(token) as string;
    if (!value.isWellFormed()) throw this.#refuse('text without lone surrogates');
    this.#take(SPACE);
    return value;
  }

  #integer(): number {
    const token = this.#take(INTEGER);
    if (token === '') throw this.#refuse('a value');
    const value = Number(token);
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      throw this.#refuse('an integer within 2^53-1 before');
    }
    if (/[0-9.eE]/.test(this.#text.charAt(this.#at))) throw this.#refuse('an integer');
    this.#take(SPACE);
    return value;
  }

  #literal(): boolean | null {
    const token = this.#take(LITERAL);
    if (token === '') throw this.#refuse('true, false or null');
    this.#take(SPACE);
    return token === 'null' ? null : token === 'true';
  }

  #punctuation(character: string): void {
    if (this.#text[this.#at] !== character) throw this.#refuse(`"${character}"`);
    this.#at += 1;
    this.#take(SPACE);
  }

  /** Moves past what matches here; nothing matching is the empty text. */
  #take(pattern: RegExp): string {
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0] ?? '';
    this.#at += token.length;
    return token;
  }

  #refuse(expected: string): LedgerFormatError {
    const rest = this.#text.slice(this.#at, this.#at + 20);
    const got = rest === '' ? 'the end' : JSON.stringify(rest);
    return new LedgerFormatError(`JSON at ${this.#at}: got ${got}, expected ${expected}`);
  }
}
