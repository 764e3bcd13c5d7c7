import { createHash, createPublicKey } from 'node:crypto';
import { GetPublicKeyCommand, SignCommand } from '@aws-sdk/client-kms';
import type { KMSClient } from '@aws-sdk/client-kms';
import type { Signer } from '../../../handlers/ports.ts';
import { lowerS } from './ecdsa-signature.ts';

interface KmsSignerOptions {
  readonly client: KMSClient;
  /** Id or ARN of a key made to sign (ECC_NIST_P256). */
  readonly keyId: string;
}

/** A key of another kind than manifests are signed with. */
export class SigningKeyUnfit extends Error {
  override readonly name = 'SigningKeyUnfit';
}

const ALGORITHM = 'ECDSA_SHA_256';

/**
 * Signs by a KMS key that nobody can read. Its public key is asked for once.
 *
 * KMS gets the digest, not the bytes: a manifest may be longer than the 4,096 bytes it takes as a message
 * (docs.aws.amazon.com/kms/latest/APIReference/API_Sign.html, read 2026-11-21).
 *
 * @throws SigningKeyUnfit unless the key is ECC P-256, for signing, by ECDSA over SHA-256.
 */
export async function createKmsSigner({ client, keyId }: KmsSignerOptions): Promise<Signer> {
  const publicKeySpki = await publicKeyOf(client, keyId);
  return {
    keyId: createHash('sha256').update(publicKeySpki).digest('hex'),
    alg: 'ECDSA_P256_SHA256',
    publicKeySpki,
    async sign(bytes) {
      const command = new SignCommand({
        KeyId: keyId,
        Message: createHash('sha256').update(bytes).digest(),
        MessageType: 'DIGEST',
        SigningAlgorithm: ALGORITHM,
      });
      const { Signature } = await client.send(command);
      if (!Signature) throw new SigningKeyUnfit(`key ${keyId}: got no signature, expected one`);
      // Verifiers take one of the two forms of a signature; KMS may return either.
      return lowerS(Signature);
    },
  };
}

async function publicKeyOf(client: KMSClient, keyId: string): Promise<Uint8Array> {
  const answer = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
  const { PublicKey, KeySpec, KeyUsage, SigningAlgorithms = [] } = answer;
  const fits = KeySpec === 'ECC_NIST_P256' && KeyUsage === 'SIGN_VERIFY';
  if (!PublicKey || !fits || !SigningAlgorithms.includes(ALGORITHM)) {
    const got = [KeySpec, KeyUsage, ...SigningAlgorithms].join(' ');
    throw new SigningKeyUnfit(
      `key ${keyId}: got ${got}, expected ECC_NIST_P256 SIGN_VERIFY ${ALGORITHM}`,
    );
  }
  const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' });
  return new Uint8Array(key.export({ format: 'der', type: 'spki' }));
}
