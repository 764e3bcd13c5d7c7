/** Order of P-256's group. */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/** Bytes that are no ECDSA signature of P-256 in DER. */
export class SignatureMalformed extends Error {
  override readonly name = 'SignatureMalformed';
}

/**
 * The one form of an ECDSA P-256 signature (DER) that verifiers take: (r, s) and (r, order − s) sign the
 * same message, and the one with the smaller s is kept.
 *
 * @throws SignatureMalformed
 */
export function lowerS(signature: Uint8Array): Uint8Array {
  const [r, s] = readIntegers(signature);
  const low = s > ORDER >> 1n ? ORDER - s : s;
  const body = [...derInteger(r), ...derInteger(low)];
  return Uint8Array.from([0x30, body.length, ...body]);
}

function readIntegers(signature: Uint8Array): [bigint, bigint] {
  const first = integerAt(signature, 2);
  const second = integerAt(signature, first.end);
  const whole = second.end === signature.length && signature[1] === signature.length - 2;
  if (signature[0] === 0x30 && whole) return [first.value, second.value];
  throw malformed(signature);
}

function integerAt(bytes: Uint8Array, at: number): { value: bigint; end: number } {
  const length = bytes[at + 1] ?? 0;
  const end = at + 2 + length;
  if (bytes[at] !== 0x02 || length === 0 || length > 33 || end > bytes.length) {
    throw malformed(bytes);
  }
  const value = BigInt(`0x${Buffer.from(bytes.subarray(at + 2, end)).toString('hex')}`);
  if (value === 0n || value >= ORDER) throw malformed(bytes);
  return { value, end };
}

function derInteger(value: bigint): number[] {
  const hex = value.toString(16);
  const digits = [...Buffer.from(hex.padStart(hex.length + (hex.length % 2), '0'), 'hex')];
  // A first bit of one would say that the number is negative.
  if ((digits[0] ?? 0) >= 0x80) digits.unshift(0);
  return [0x02, digits.length, ...digits];
}

function malformed(signature: Uint8Array): SignatureMalformed {
  const got = Buffer.from(signature).toString('hex').slice(0, 160);
  return new SignatureMalformed(`signature: got ${got}, expected ECDSA P-256 in DER`);
}
