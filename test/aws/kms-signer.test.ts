import { afterAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KMSClient, SignCommand } from '@aws-sdk/client-kms';
import { sealCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { encodeTrust, trustOneKey } from '../../domain/ledger/trust.ts';
import { createKmsSigner } from '../../runtime/aws/ledger/kms-signer.ts';
import { lowerS } from '../../runtime/aws/ledger/ecdsa-signature.ts';
import { tollbook } from '../cli/tollbook.ts';
import { describeSigner } from '../contract/signer.ts';
import { FIVE_WINDOWS, LEDGER, buildLedger, sha256 } from '../ledger/build-ledger.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startKmsServer } from './stand-ins/kms-server.ts';
import type { KmsServer } from './stand-ins/kms-server.ts';
import { ORDER, derSignature } from './stand-ins/p256.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-kms-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const signerBy = ({ endpoint, keyId }: KmsServer) =>
  createKmsSigner({ client: new KMSClient(clientOf(endpoint)), keyId });

async function openKms(server: KmsServer) {
  const again = () => signerBy(server);
  return { signer: await again(), again, close: () => server.close() };
}

describeSigner('KMS', async () => openKms(await startKmsServer()));
describeSigner('KMS that gives every signature the other way round', async () =>
  openKms(await startKmsServer({ highS: () => true })),
);

describe('a signer by KMS', () => {
  it('asks for the public key once, and sends digests only', async () => {
    const server = await startKmsServer();
    const signer = await signerBy(server);
    await signer.sign(new Uint8Array(100_000));
    await signer.sign(new Uint8Array(3));

    expect(server.calls.map(({ operation }) => operation)).toEqual([
      'GetPublicKey',
      'Sign',
      'Sign',
    ]);
    for (const { input } of server.calls.slice(1)) {
      expect(input).toMatchObject({
        ...{ MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' },
      });
      expect(Buffer.from(String(input['Message']), 'base64')).toHaveLength(32);
    }
    await server.close();
  });

  it.each([{ keySpec: 'ECC_NIST_P384' }, { keyUsage: 'KEY_AGREEMENT' }] as const)(
    'is refused a key of another kind: %j',
    async (options) => {
      const server = await startKmsServer(options);

      await expect(signerBy(server)).rejects.toThrow(/expected ECC_NIST_P256 SIGN_VERIFY/);
      await server.close();
    },
  );

  it('does not hide that its key is gone', async () => {
    const server = await startKmsServer();
    const client = new KMSClient(clientOf(server.endpoint));

    await expect(createKmsSigner({ client, keyId: 'another' })).rejects.toThrow(/no such key/);
    await server.close();
  });
});

describe('the one form of a signature', () => {
  const half = ORDER >> 1n;

  it.each([
    [1n, 1n, 1n],
    [255n, half, half],
    [128n, half + 1n, ORDER - half - 1n],
    [ORDER - 1n, ORDER - 1n, 1n],
    [1n << 255n, 127n, 127n],
  ])('of r %i and s %i has the smaller s', (r, s, low) => {
    const form = lowerS(derSignature({ r, s }));

    expect(Buffer.from(form).equals(derSignature({ r, s: low }))).toBe(true);
    expect(lowerS(form)).toEqual(form);
  });

  it.each([
    ['', 'nothing'],
    ['3006020101020100', 's of zero'],
    ['30060201010201', 'cut'],
    ['3006020101020101ff', 'more behind it'],
    ['3106020101020101', 'no sequence'],
    [derSignature({ r: ORDER, s: 1n }).toString('hex'), 'r of the order'],
  ])('is not made of %s (%s)', (hex) => {
    expect(() => lowerS(Buffer.from(hex, 'hex'))).toThrow(/expected ECDSA P-256 in DER/);
  });
});

describe('a ledger signed by KMS', () => {
  it('is verified by the auditor, who has the trust file and nothing of AWS', async () => {
    const server = await startKmsServer({ highS: () => true });
    const signer = await signerBy(server);
    const ledger = await buildLedger(mkdtempSync(join(root, 'ledger-')), FIVE_WINDOWS, signer);
    const spki = Buffer.from(signer.publicKeySpki).toString('base64');
    const key = { keyid: signer.keyId, spki, alg: signer.alg };
    writeFileSync(ledger.trustFile, encodeTrust(trustOneKey(LEDGER, key)));
    const head = { ledger: LEDGER, size: 5, headSha256: sha256(ledger.payload(4)) };
    writeFileSync(ledger.checkpointFile(5), await sealCheckpoint(head, signer, sha256));
    const evidence = ['--trust', ledger.trustFile, '--checkpoint', ledger.checkpointFile(5)];
    const verified = () => tollbook('verify', ledger.lake, ...evidence);

    const { code, stdout, stderr } = await verified();
    expect([code, stdout, stderr]).toEqual([0, expect.stringContaining('OK: ledger'), '']);

    // KMS's own form of the same signature: right, but a manifest has one signature and not two.
    await ledger.sealPayload(4, ledger.payload(4), await unlowered(server));
    const altered = await verified();
    expect([altered.code, altered.stdout]).toEqual([1, expect.stringContaining('signature')]);
    await server.close();
  });
});

/** The key as KMS itself signs with it. */
async function unlowered(server: KmsServer) {
  const { keyId } = await signerBy(server);
  const client = new KMSClient(clientOf(server.endpoint));
  return {
    keyId,
    sign: async (bytes: Uint8Array) => {
      const { Signature } = await client.send(
        new SignCommand({
          ...{ KeyId: server.keyId, MessageType: 'DIGEST', SigningAlgorithm: 'ECDSA_SHA_256' },
          Message: createHash('sha256').update(bytes).digest(),
        }),
      );
      return Signature!;
    },
  };
}
