import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createHash, createPublicKey, verify } from 'node:crypto';
import { parseTrust, encodeTrust, trustOneKey } from '../../domain/ledger/trust.ts';
import type { Signer } from '../../handlers/ports.ts';
import { nodeLedgerCrypto } from '../../runtime/local/ledger/verify-signature.ts';

export interface SignerWorld {
  readonly signer: Signer;
  /** Another opening of the same key. */
  again(): Promise<Signer>;
  close(): void | Promise<void>;
}

/** The port `Signer`: whoever holds the trust file can check what it signs, and nobody can change it. */
export function describeSigner(name: string, open: () => Promise<SignerWorld>): void {
  describe(`a signer: ${name}`, () => {
    let world: SignerWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    const trusted = ({ keyId, alg, publicKeySpki }: Signer) => {
      const spki = Buffer.from(publicKeySpki).toString('base64');
      const bytes = encodeTrust(trustOneKey('acme', { keyid: keyId, spki, alg }));
      return parseTrust(bytes, nodeLedgerCrypto.sha256).keys[0]!;
    };

    it('is named by the hash of its public key, and a trust file takes it', () => {
      const { keyId, publicKeySpki } = world.signer;

      expect(keyId).toBe(createHash('sha256').update(publicKeySpki).digest('hex'));
      expect(trusted(world.signer)).toMatchObject({ keyid: keyId, status: 'active' });
    });

    it.each([0, 1, 63, 64, 65, 4096, 4097, 1_000_000])(
      'signs %i bytes so that the verifier and Node itself believe it',
      async (length) => {
        const bytes = new Uint8Array(length).fill(7);
        const signature = await world.signer.sign(bytes);
        const der = Buffer.from(world.signer.publicKeySpki);
        const key = createPublicKey({ key: der, format: 'der', type: 'spki' });
        const digest = world.signer.alg === 'Ed25519' ? null : 'sha256';

        expect(nodeLedgerCrypto.verifySignature(trusted(world.signer), bytes, signature)).toBe(
          true,
        );
        expect(verify(digest, bytes, key, signature)).toBe(true);
      },
    );

    it('signs one message and no other', async () => {
      const signature = await world.signer.sign(Buffer.from('charge'));
      const isBelieved = (text: string) =>
        nodeLedgerCrypto.verifySignature(trusted(world.signer), Buffer.from(text), signature);

      expect([isBelieved('charge'), isBelieved('Charge')]).toEqual([true, false]);
    });

    it('signs many messages at once, each its own', async () => {
      const messages = Array.from({ length: 20 }, (_, n) => Buffer.from(`message ${n}`));

      const signatures = await Promise.all(messages.map((bytes) => world.signer.sign(bytes)));

      const key = trusted(world.signer);
      messages.forEach((bytes, n) => {
        expect(nodeLedgerCrypto.verifySignature(key, bytes, signatures[n]!)).toBe(true);
      });
    });

    it('is the same whenever it is opened', async () => {
      const other = await world.again();

      expect([other.keyId, other.alg]).toEqual([world.signer.keyId, world.signer.alg]);
      const signature = await other.sign(Buffer.from('charge'));
      const key = trusted(world.signer);
      expect(nodeLedgerCrypto.verifySignature(key, Buffer.from('charge'), signature)).toBe(true);
    });
  });
}
