import { randomBytes } from 'node:crypto';

/** NIST P-256 (FIPS 186-5): field, order, and base point; the curve's a is −3. */
const FIELD = 0xffffffff00000001000000000000000000000000ffffffffffffffffffffffffn;
export const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
const BASE: Point = {
  x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
  y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
};

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

export interface EcdsaSignature {
  readonly r: bigint;
  readonly s: bigint;
}

function modulo(value: bigint, modulus: bigint): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function power(base: bigint, exponent: bigint, modulus: bigint): bigint {
  let [result, factor, left] = [1n, modulo(base, modulus), exponent];
  for (; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * factor) % modulus;
    factor = (factor * factor) % modulus;
  }
  return result;
}

/** By Fermat: both moduli are prime. */
function inverse(value: bigint, modulus: bigint): bigint {
  return power(value, modulus - 2n, modulus);
}

/** Sum of two points; null is the point at infinity. */
function add(left: Point | null, right: Point | null): Point | null {
  if (!left || !right) return left ?? right;
  if (left.x === right.x && left.y !== right.y) return null;
  const slope =
    left.x === right.x
      ? (3n * left.x * left.x - 3n) * inverse(2n * left.y, FIELD)
      : (right.y - left.y) * inverse(right.x - left.x, FIELD);
  const x = modulo(slope * slope - left.x - right.x, FIELD);
  return { x, y: modulo(slope * (left.x - x) - left.y, FIELD) };
}

function multiply(times: bigint): Point | null {
  let [sum, addend, left]: [Point | null, Point | null, bigint] = [null, BASE, times];
  for (; left > 0n; left >>= 1n) {
    if (left & 1n) sum = add(sum, addend);
    addend = add(addend, addend);
  }
  return sum;
}

/** Signs a digest as it is: what node:crypto, which hashes first, cannot do. For tests alone. */
export function signDigest(secret: bigint, digest: Uint8Array, high: boolean): EcdsaSignature {
  const z = BigInt(`0x${Buffer.from(digest).toString('hex')}`);
  for (;;) {
    const k = modulo(BigInt(`0x${randomBytes(40).toString('hex')}`), ORDER - 1n) + 1n;
    const r = modulo(multiply(k)?.x ?? 0n, ORDER);
    const s = modulo(inverse(k, ORDER) * (z + r * secret), ORDER);
    if (r === 0n || s === 0n) continue;
    return { r, s: s > ORDER >> 1n === high ? s : ORDER - s };
  }
}

/** SEQUENCE of two INTEGERs. */
export function derSignature({ r, s }: EcdsaSignature): Buffer {
  const integers = [r, s].map((value) => {
    const digits = Buffer.from(`00${value.toString(16).padStart(64, '0')}`, 'hex');
    const first = digits.findIndex((byte, at) => byte !== 0 || (digits[at + 1] ?? 0x80) >= 0x80);
    const shortest = digits.subarray(first);
    return Buffer.concat([Buffer.of(0x02, shortest.length), shortest]);
  });
  const body = Buffer.concat(integers);
  return Buffer.concat([Buffer.of(0x30, body.length), body]);
}
