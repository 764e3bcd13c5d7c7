import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import {
  checkpointName,
  parseCheckpoint,
  sealCheckpoint,
  signaturesBy,
} from '../../../domain/ledger/checkpoint.ts';
import { maySignAt, parseTrust } from '../../../domain/ledger/trust.ts';
import { createTrustFile } from '../../../runtime/local/ledger/ed25519-signer.ts';
import { nodeLedgerCrypto } from '../../../runtime/local/ledger/verify-signature.ts';
import { keyOfByte, sha256, trustedKey } from '../../ledger/build-ledger.ts';

const signer = keyOfByte(7);
const parse = (json: unknown) => parseTrust(Buffer.from(JSON.stringify(json)), sha256);
const one = (part: object) => ({ ledger: 'acme', keys: [{ ...trustedKey(signer), ...part }] });

const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const p256Spki = publicKey.export({ format: 'der', type: 'spki' });
const p256 = {
  ...trustedKey(signer),
  keyid: sha256(p256Spki),
  spki: p256Spki.toString('base64'),
  alg: 'ECDSA_P256_SHA256' as const,
};

describe('the trust file', () => {
  it('names the key that was made with it', () => {
    const trust = parseTrust(createTrustFile('acme', signer), sha256);

    expect(trust).toEqual({ ledger: 'acme', keys: [trustedKey(signer)] });
  });

  it('may be edited by people', () => {
    const pretty = JSON.stringify(one({ to_seq: 4, status: 'compromised' }), null, 2);

    expect(parseTrust(Buffer.from(`${pretty}\n`), sha256).keys[0]?.to_seq).toBe(4);
  });

  it.each([
    ['a key id that is not the hash of its key', one({ keyid: '0'.repeat(64) })],
    ['the algorithm of another kind of key', one({ alg: 'ECDSA_P256_SHA256' })],
    ['a P-256 key called Ed25519', { ledger: 'acme', keys: [{ ...p256, alg: 'Ed25519' }] }],
    ['an unknown algorithm', one({ alg: 'RS256' })],
    ['a retired key without an end', one({ status: 'retired' })],
    ['an end before its begin', one({ from_seq: 3, to_seq: 2 })],
    ['an unknown member', { ...one({}), note: 'x' }],
    ['a key twice', { ledger: 'acme', keys: [trustedKey(signer), trustedKey(signer)] }],
    ['a ledger name with a space', { ...one({}), ledger: 'a b' }],
  ])('is refused with %s', (_, json) => {
    expect(() => parse(json)).toThrow(/expected/);
  });

  it('bounds a key at both ends, inclusively', () => {
    const key = trustedKey(signer, { from_seq: 2, to_seq: 3 });

    expect([1, 2, 3, 4].map((seq) => maySignAt(key, seq))).toEqual([false, true, true, false]);
  });
});

describe('a signature', () => {
  const message = new TextEncoder().encode('charge');
  const { verifySignature } = nodeLedgerCrypto;

  it('of P-256 is taken in its one form only', () => {
    // Random: about half have a high s, whose twin n-s is the low one.
    const lows = Array.from({ length: 16 }, () => {
      const der = sign('sha256', message, { key: privateKey, dsaEncoding: 'der' });
      const forms = [der, withOtherS(der)].map((form) => verifySignature(p256, message, form));
      expect(forms.filter(Boolean)).toHaveLength(1);
      return forms[0];
    });
    expect(lows).toContain(true);
    expect(lows).toContain(false);
  });

  it('of P-256 is refused with bytes behind it or malformed', () => {
    const der = sign('sha256', message, { key: privateKey, dsaEncoding: 'der' });

    for (const bad of [Buffer.concat([der, Buffer.of(0)]), der.subarray(0, 40), Buffer.alloc(0)]) {
      expect(verifySignature(p256, message, bad)).toBe(false);
    }
  });

  it('is checked by the algorithm of the trust file, whatever made it', async () => {
    const ed = await signer.sign(message);

    expect(verifySignature(p256, message, ed)).toBe(false);
    expect(verifySignature({ ...p256, alg: 'Ed25519' }, message, ed)).toBe(false);
    expect(verifySignature({ ...trustedKey(signer), alg: p256.alg }, message, ed)).toBe(false);
  });

  it('of Ed25519 is refused with S + L', async () => {
    const signature = await signer.sign(message);
    const order = 2n ** 252n + 27742317777372353535851937790883648493n;
    const s = BigInt(`0x${Buffer.from(signature.subarray(32)).reverse().toString('hex')}`);
    const twin = Buffer.from((s + order).toString(16).padStart(64, '0'), 'hex').reverse();

    expect(verifySignature(trustedKey(signer), message, signature)).toBe(true);
    expect(
      verifySignature(
        trustedKey(signer),
        message,
        Buffer.concat([signature.subarray(0, 32), twin]),
      ),
    ).toBe(false);
  });

  function withOtherS(der: Buffer): Buffer {
    const order = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;
    const rEnd = 4 + der[3]!;
    const s = order - BigInt(`0x${der.subarray(rEnd + 2).toString('hex')}`);
    let hex = s.toString(16);
    if (hex.length % 2 === 1) hex = `0${hex}`;
    if (Number.parseInt(hex.slice(0, 2), 16) >= 0x80) hex = `00${hex}`;
    const digits = Buffer.from(hex, 'hex');
    const body = Buffer.concat([der.subarray(2, rEnd), Buffer.of(0x02, digits.length), digits]);
    return Buffer.concat([Buffer.of(0x30, body.length), body]);
  }
});

describe('a checkpoint', () => {
  const head = { ledger: 'acme/eu', size: 43, headSha256: sha256('payload') };

  it('is a C2SP signed note', async () => {
    const note = Buffer.from(await sealCheckpoint(head, signer, sha256)).toString();
    const raw = Buffer.from(signer.publicKeySpki).subarray(-32);
    const keyHash = sha256(Buffer.concat([Buffer.from('acme/eu\n\x01'), raw])).slice(0, 8);
    const [body = '', line = ''] = note.split('\n\n');

    expect(body).toBe(`acme/eu\n43\n${Buffer.from(head.headSha256, 'hex').toString('base64')}`);
    expect(line).toMatch(/^— acme\/eu [A-Za-z0-9+/=]+\n$/);
    const blob = Buffer.from(line.split(' ')[2]!, 'base64');
    expect(blob.subarray(0, 4).toString('hex')).toBe(keyHash);
    const signed = new TextEncoder().encode(`${body}\n`);
    const isGood = nodeLedgerCrypto.verifySignature(trustedKey(signer), signed, blob.subarray(4));
    expect(isGood).toBe(true);
  });

  it('is read back, and found by its key', async () => {
    const signed = parseCheckpoint(await sealCheckpoint(head, signer, sha256));

    expect(signed.checkpoint).toEqual(head);
    expect(signaturesBy(signed, trustedKey(signer), sha256)).toHaveLength(1);
    expect(signaturesBy(signed, trustedKey(keyOfByte(8)), sha256)).toHaveLength(0);
  });

  it('may be signed with P-256', async () => {
    const byKms = {
      alg: p256.alg,
      publicKeySpki: p256Spki,
      sign: (bytes: Uint8Array) => Promise.resolve(sign('sha256', bytes, privateKey)),
    };
    const signed = parseCheckpoint(await sealCheckpoint(head, byKms, sha256));

    expect(signaturesBy(signed, p256, sha256)).toHaveLength(1);
  });

  it.each([
    ['a fourth line', (note: string) => note.replace('\n\n', '\nextra\n\n')],
    ['a size with a leading zero', (note: string) => note.replace('\n43\n', '\n043\n')],
    ['a size of zero', (note: string) => note.replace('\n43\n', '\n0\n')],
    ['no signature', (note: string) => note.slice(0, note.indexOf('—'))],
    ['a hyphen for the dash', (note: string) => note.replace('—', '-')],
    ['no line feed at the end', (note: string) => note.slice(0, -1)],
    ['carriage returns', (note: string) => note.replaceAll('\n', '\r\n')],
    ['nothing in it', () => ''],
  ])('is refused with %s', async (_, change) => {
    const note = Buffer.from(await sealCheckpoint(head, signer, sha256)).toString();

    expect(() => parseCheckpoint(Buffer.from(change(note)))).toThrow(/checkpoint/);
  });

  it('has names of which the newest sorts last', () => {
    const names = [999_999, 2, 10].map(checkpointName).sort();

    expect(names).toEqual([2, 10, 999_999].map(checkpointName));
  });
});
