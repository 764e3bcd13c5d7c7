import { LedgerFormatError } from './format-error.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const BASE64 = /^[A-Za-z0-9+/]*={0,2}$/;
const HEX = /^(?:[0-9a-f]{2})*$/;

/** Writes standard base64 with padding. */
export function encodeBase64(bytes: Uint8Array): string {
  let binary = '';
  // In slices: a call takes only so many arguments.
  for (let at = 0; at < bytes.length; at += 8192) {
    binary += String.fromCharCode(...bytes.subarray(at, at + 8192));
  }
  return btoa(binary);
}

/**
 * Reads standard base64 in its one form.
 *
 * @throws LedgerFormatError for missing padding, other alphabets, spaces, and spare bits that are not
 * zero: two texts must never mean the same bytes.
 */
export function decodeBase64(text: string): Uint8Array {
  if (text.length % 4 !== 0 || !BASE64.test(text) || hasSpareBits(text)) {
    throw new LedgerFormatError(
      `base64: got ${JSON.stringify(text.slice(-40))}, expected the canonical padded form`,
    );
  }
  return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
}

/** `==` leaves 4 bits of the last digit unused, `=` leaves 2: canonical text has zeros there. */
function hasSpareBits(text: string): boolean {
  const padding = text.endsWith('==') ? 2 : text.endsWith('=') ? 1 : 0;
  if (padding === 0) return false;
  const last = ALPHABET.indexOf(text.charAt(text.length - padding - 1));
  return (last & (padding === 2 ? 0b1111 : 0b11)) !== 0;
}

/**
 * Reads lower-case hex.
 *
 * @throws LedgerFormatError for anything else.
 */
export function decodeHex(text: string): Uint8Array {
  if (!HEX.test(text)) {
    throw new LedgerFormatError(`hex: got ${JSON.stringify(text.slice(0, 80))}, expected [0-9a-f]`);
  }
  const bytes = new Uint8Array(text.length / 2);
  for (let at = 0; at < bytes.length; at += 1) {
    bytes[at] = Number.parseInt(text.slice(2 * at, 2 * at + 2), 16);
  }
  return bytes;
}

/** Are the bytes the same? Not for secrets: it stops at the first difference. */
export function equalBytes(left: Uint8Array, right: Uint8Array): boolean {
  return left.length === right.length && left.every((byte, at) => byte === right[at]);
}

/** One after the other. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}

/** Text as UTF-8. */
export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
