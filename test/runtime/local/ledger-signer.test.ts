import { afterAll, describe, expect, it } from '@jest/globals';
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdtempSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { KeyFileExposed, openEd25519Signer } from '../../../runtime/local/ledger/ed25519-signer.ts';
import { nodeLedgerCrypto } from '../../../runtime/local/ledger/verify-signature.ts';
import { describeSigner } from '../../contract/signer.ts';
import { trustedKey } from '../../ledger/build-ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-keys-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describeSigner('a key file', () => {
  const file = join(mkdtempSync(join(root, 'contract-')), 'ledger.pem');
  return Promise.resolve({
    signer: openEd25519Signer(file),
    again: () => Promise.resolve(openEd25519Signer(file)),
    close: () => undefined,
  });
});

describe('the signing key of one machine', () => {
  it('is made once, for its owner only, and then kept', async () => {
    const file = join(root, 'keys', 'ledger.pem');
    const first = openEd25519Signer(file);
    const second = openEd25519Signer(file);
    const bytes = new TextEncoder().encode('charge');

    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(root, 'keys'))).toEqual(['ledger.pem']);
    expect(second.keyId).toBe(first.keyId);
    const signature = await second.sign(bytes);
    expect(nodeLedgerCrypto.verifySignature(trustedKey(first), bytes, signature)).toBe(true);
  });

  it('is refused when others can read it', () => {
    const file = join(root, 'shared.pem');
    openEd25519Signer(file);
    chmodSync(file, 0o640);

    expect(() => openEd25519Signer(file)).toThrow(KeyFileExposed);
    expect(() => openEd25519Signer(file)).toThrow(/got mode 640, expected 600/);
  });

  it('is refused when it is of another kind', () => {
    const file = join(root, 'ec.pem');
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
    writeFileSync(file, privateKey.export({ format: 'pem', type: 'pkcs8' }), { mode: 0o600 });

    expect(() => openEd25519Signer(file)).toThrow(/got a key of ec, expected ed25519/);
  });
});
