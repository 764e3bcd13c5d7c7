import { createHash, generateKeyPairSync, randomBytes } from 'node:crypto';
import { AwsFault, startAwsJsonServer } from './aws-json-server.ts';
import type { AwsJsonServer } from './aws-json-server.ts';
import { derSignature, signDigest } from './p256.ts';

type KeySpec = 'ECC_NIST_P256' | 'ECC_NIST_P384';

export interface KmsServer extends AwsJsonServer {
  readonly keyId: string;
}

interface KmsOptions {
  readonly keySpec?: KeySpec;
  readonly keyUsage?: 'SIGN_VERIFY' | 'KEY_AGREEMENT';
  /** Which of a signature's two forms the nth is given in; any of them, as KMS does, if not said. */
  readonly highS?: (signature: number) => boolean;
}

const CURVE = { ECC_NIST_P256: 'P-256', ECC_NIST_P384: 'P-384' } as const;

/** KMS with one key. It signs digests, as `MessageType: DIGEST` means them, and nothing else. */
export async function startKmsServer(options: KmsOptions = {}): Promise<KmsServer> {
  const { keySpec = 'ECC_NIST_P256', keyUsage = 'SIGN_VERIFY', highS } = options;
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: CURVE[keySpec] });
  const secret = BigInt(
    `0x${Buffer.from(privateKey.export({ format: 'jwk' }).d!, 'base64url').toString('hex')}`,
  );
  const spki = publicKey.export({ format: 'der', type: 'spki' });
  const keyId = createHash('sha256').update(spki).digest('hex').slice(0, 36);
  let signatures = 0;

  function check(input: Readonly<Record<string, unknown>>): void {
    if (input['KeyId'] !== keyId) throw new AwsFault('NotFoundException', 'no such key');
  }

  const server = await startAwsJsonServer({
    GetPublicKey: (input) => {
      check(input);
      return {
        ...{
          KeyId: keyId,
          PublicKey: spki.toString('base64'),
          KeySpec: keySpec,
          KeyUsage: keyUsage,
        },
        SigningAlgorithms: keySpec === 'ECC_NIST_P256' ? ['ECDSA_SHA_256'] : ['ECDSA_SHA_384'],
      };
    },
    Sign: (input) => {
      check(input);
      const digest = Buffer.from(String(input['Message']), 'base64');
      if (input['MessageType'] !== 'DIGEST' || input['SigningAlgorithm'] !== 'ECDSA_SHA_256') {
        throw new AwsFault('InvalidKeyUsageException', 'only ECDSA_SHA_256 of a DIGEST');
      }
      if (digest.length !== 32)
        throw new AwsFault('ValidationException', 'Digest is invalid length');
      const high = highS?.(signatures++) ?? randomBytes(1)[0]! > 127;
      const Signature = derSignature(signDigest(secret, digest, high));
      return {
        KeyId: keyId,
        Signature: Signature.toString('base64'),
        SigningAlgorithm: 'ECDSA_SHA_256',
      };
    },
  });
  return { ...server, keyId };
}
