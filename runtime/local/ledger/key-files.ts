import { randomBytes } from 'node:crypto';
import { existsSync, linkSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Random } from '../../../handlers/ports.ts';

const KEY_BYTES = 32;

/**
 * Opens a key of 32 bytes, made with mode 0600 if there is none.
 *
 * @throws RangeError for a file of another length; it shows none of it.
 */
export function openKeyFile(path: string, random: Random): Uint8Array {
  if (!existsSync(path)) writeOnce(path, random.bytes(KEY_BYTES), 0o600);
  const key = readFileSync(path);
  if (key.length !== KEY_BYTES) {
    throw new RangeError(`key ${path}: got ${key.length} bytes, expected ${KEY_BYTES}`);
  }
  return new Uint8Array(key);
}

/** Writes a new file; two processes that start at once end up with the same one. */
export function writeOnce(path: string, bytes: Uint8Array, mode: number): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${randomBytes(6).toString('hex')}`;
  writeFileSync(draft, bytes, { mode, flag: 'wx', flush: true });
  try {
    linkSync(draft, path);
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
  } finally {
    unlinkSync(draft);
  }
}
