import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { SecretMac } from '../../handlers/edge/authenticate.ts';
import type { Random } from '../../handlers/ports.ts';
import { createSecretMac } from '../node/secret-mac.ts';
import { systemRandom } from '../node/system.ts';
import { createTrustFile, openEd25519Signer } from './ledger/ed25519-signer.ts';
import type { Ed25519Signer } from './ledger/ed25519-signer.ts';
import { openKeyFile, writeOnce } from './ledger/key-files.ts';

/** Where one deployment on one machine keeps everything. */
export interface DataFolder {
  readonly root: string;
  readonly journal: string;
  readonly lake: string;
  readonly store: string;
  /** Answers that are kept for those who come back for them. */
  readonly jobs: string;
  readonly checkpoints: string;
  readonly trust: string;
  /** Name of the ledger, from its signing key: no two folders share one. */
  readonly ledger: string;
  readonly signer: Ed25519Signer;
  readonly macKey: Uint8Array;
  readonly secrets: SecretMac;
}

/**
 * Opens a data folder and makes what it lacks: keys (mode 0600), the trust file, the folders.
 *
 * @param random - draws the MAC key and the pepper of a new folder; a replay draws them from its seed.
 */
export function openDataFolder(root: string, random: Random = systemRandom): DataFolder {
  const keys = join(root, 'keys');
  for (const folder of [
    keys,
    join(root, 'journal'),
    join(root, 'lake'),
    join(root, 'checkpoints'),
  ]) {
    mkdirSync(folder, { recursive: true });
  }
  const signer = openEd25519Signer(join(keys, 'signing.pem'));
  const trust = join(root, 'trust.json');
  const ledger = `local-${signer.keyId.slice(0, 12)}`;
  if (!existsSync(trust)) writeOnce(trust, createTrustFile(ledger, signer), 0o644);
  return {
    root,
    journal: join(root, 'journal'),
    lake: join(root, 'lake'),
    store: join(root, 'store.sqlite'),
    jobs: join(root, 'jobs.sqlite'),
    checkpoints: join(root, 'checkpoints'),
    trust,
    ledger,
    signer,
    macKey: openKeyFile(join(keys, 'mac.key'), random),
    secrets: createSecretMac(openKeyFile(join(keys, 'pepper.key'), random)),
  };
}
