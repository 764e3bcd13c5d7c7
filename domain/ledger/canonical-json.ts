import { equalBytes, utf8 } from './bytes.ts';
import { LedgerFormatError } from './format-error.ts';
import { StrictJsonReader } from './strict-json.ts';
import { DEPTH_MAX, isAsciiKey } from './json-profile.ts';

/**
 * The restricted profile of RFC 8785 (JCS) that manifests are written in: ASCII keys in order, no
 * floats, no -0, integers within ±(2^53-1), well-formed text, no key twice, at most 16 levels.
 */

/**
 * Writes a value in its one form, without a trailing newline.
 *
 * @throws LedgerFormatError for a value outside the profile, `undefined` and bigint included.
 */
export function canonicalJson(value: unknown): string {
  return write(value, 0);
}

/** `canonicalJson` as UTF-8: what is hashed and signed. */
export function canonicalBytes(value: unknown): Uint8Array {
  return utf8(canonicalJson(value));
}

/**
 * Reads JSON of the profile. White space between tokens and any order of keys are allowed.
 *
 * @throws LedgerFormatError where `JSON.parse` would guess: a key twice, a number it would round, a
 * fraction or exponent, -0, a lone surrogate, a BOM, bytes that are not UTF-8, more than 16 levels.
 */
export function parseStrictJson(source: Uint8Array | string): unknown {
  return new StrictJsonReader(typeof source === 'string' ? source : decodeUtf8(source)).read();
}

/**
 * Reads JSON that is already in its one form.
 *
 * @throws LedgerFormatError if writing the value again would give other bytes.
 */
export function parseCanonical(bytes: Uint8Array): unknown {
  const value = parseStrictJson(bytes);
  if (!equalBytes(bytes, canonicalBytes(value))) {
    throw new LedgerFormatError(
      'JSON: got another order or spelling, expected the canonical form (RFC 8785)',
    );
  }
  return value;
}

function decodeUtf8(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    throw new LedgerFormatError('JSON: got bytes that are not UTF-8, expected UTF-8');
  }
}

function write(value: unknown, depth: number): string {
  if (value === null || typeof value === 'boolean') return String(value);
  if (typeof value === 'number') return writeNumber(value);
  if (typeof value === 'string') return writeText(value);
  if (typeof value !== 'object') throw outside(typeof value);
  if (depth >= DEPTH_MAX) throw outside(`more than ${DEPTH_MAX} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => write(item, depth + 1)).join(',')}]`;
  return writeObject(value, depth);
}

function writeObject(value: object, depth: number): string {
  const prototype: unknown = Object.getPrototypeOf(value);
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) throw outside('a class');
  const members = Object.entries(value).sort(([left], [right]) => (left < right ? -1 : 1));
  const texts = members.map(([key, member]) => {
    if (!isAsciiKey(key)) throw outside(`key ${JSON.stringify(key)}`);
    return `${JSON.stringify(key)}:${write(member, depth + 1)}`;
  });
  return `{${texts.join(',')}}`;
}

function writeNumber(value: number): string {
  if (!Number.isSafeInteger(value) || Object.is(value, -0)) throw outside(`number ${value}`);
  return String(value);
}

function writeText(value: string): string {
  if (!value.isWellFormed()) throw outside('text with a lone surrogate');
  // RFC 8785 3.2.2.2 takes its escapes from ECMAScript, so the two agree on well-formed text.
  return JSON.stringify(value);
}

function outside(got: string): LedgerFormatError {
  return new LedgerFormatError(`JSON: got ${got}, expected a value of the restricted profile`);
}
