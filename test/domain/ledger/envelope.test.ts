import { describe, expect, it } from '@jest/globals';
import { parseCanonical } from '../../../domain/ledger/canonical-json.ts';
import {
  MANIFEST_PAYLOAD_TYPE,
  encodeEnvelope,
  parseEnvelope,
  preAuthEncoding,
  sealEnvelope,
} from '../../../domain/ledger/dsse.ts';
import { nodeLedgerCrypto } from '../../../runtime/local/ledger/verify-signature.ts';
import { keyOfByte, sha256, trustedKey } from '../../ledger/build-ledger.ts';

// The vector was made with Node and again with OpenSSL 3.0: a toy payload, seed of 32 bytes 0x07.
const PAYLOAD = new TextEncoder().encode(
  '{"control":{"rows":"0"},"files":[],"ledger":"acme-prod-eu-west-1","prev":null,' +
    '"schema":"metering.manifest/v1","seq":0,"totals":[],"window":{"closed_at":' +
    '"2025-01-01T01:15:00Z","end":"2025-01-01T01:00:00Z","revision":0,' +
    '"start":"2025-01-01T00:00:00Z"}}',
);
const SPKI =
  '302a300506032b6570032100ea4a6c63e29c520abef5507b132ec5f9954776aebebe7b92421eea691446d22c';
const SIGNATURE =
  'SvtckWgauYNo6pmCInjqZ0+aaWA9wswW2IwIJ54xGn2Z5fqlcaMHj17THAZh7gQrypvRcxAdB32VuwSEsZwxDg==';
const signer = keyOfByte(7);

describe('the signed envelope', () => {
  it('agrees with the published vector', async () => {
    const pae = preAuthEncoding(MANIFEST_PAYLOAD_TYPE, PAYLOAD);
    const signature = await signer.sign(pae);

    expect(PAYLOAD).toHaveLength(249);
    expect(sha256(PAYLOAD)).toBe(
      '99d1c29b108e366201afe3dd84c307f18c4642f34bb1b665f4c4c85dc6579c5f',
    );
    expect(parseCanonical(PAYLOAD)).toMatchObject({ seq: 0 });
    expect(MANIFEST_PAYLOAD_TYPE).toHaveLength(48);
    expect(pae).toHaveLength(312);
    expect(sha256(pae)).toBe('ad3a5cc2ef1a61e61e2f2279bc89b5f6f90d5352cf4ae83352b9aea6f4c240ba');
    expect(Buffer.from(signer.publicKeySpki).toString('hex')).toBe(SPKI);
    expect(signer.keyId).toBe('324be2dea8bc44461b0233e51fa48902ed6b1cc671e7739af2551e0bfe68f54e');
    expect(Buffer.from(signature).toString('base64')).toBe(SIGNATURE);
    expect(nodeLedgerCrypto.verifySignature(trustedKey(signer), pae, signature)).toBe(true);
  });

  it('is read back as it was sealed', async () => {
    const file = await sealEnvelope(PAYLOAD, signer);
    const envelope = parseEnvelope(file);

    expect(envelope.payload).toEqual(PAYLOAD);
    expect(envelope.payloadType).toBe(MANIFEST_PAYLOAD_TYPE);
    expect(envelope.signatures.map(({ keyid }) => keyid)).toEqual([signer.keyId]);
    expect(encodeEnvelope(envelope)).toEqual(file);
  });

  it.each([
    ['an unknown member', (json: string) => json.replace('{', '{"alg":"none",')],
    ['a missing member', (json: string) => json.replace(/"payloadType":"[^"]*",/, '')],
    ['unpadded base64', (json: string) => json.replace('==', '')],
    ['spare bits in base64', (json: string) => json.replace('Dg==', 'Dh==')],
    ['a trailing newline', (json: string) => `${json}\n`],
    ['a key twice', (json: string) => json.replace('{', '{"payload":"QQ==",')],
    ['a key id that is no hash', (json: string) => json.replace(/[0-9a-f]{64}/, 'key-1')],
    ['no payload', (json: string) => json.replace(/"payload":"[^"]*"/, '"payload":""')],
    ['a list', () => '[]'],
  ])('is refused with %s', async (_, change) => {
    const json = Buffer.from(await sealEnvelope(PAYLOAD, signer)).toString();
    const changed = change(json);

    expect(changed).not.toBe(json);
    expect(() => parseEnvelope(Buffer.from(changed))).toThrow();
  });

  it('binds the type to the payload', () => {
    expect(sha256(preAuthEncoding('a', new TextEncoder().encode('1 b')))).not.toBe(
      sha256(preAuthEncoding('a 1', new TextEncoder().encode('b'))),
    );
  });
});
