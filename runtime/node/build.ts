import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Build } from '../../handlers/window-result.ts';
import { WRITER } from './parquet-tables.ts';

/** Folders whose every file can decide a row, and the lockfile that pins what they rest on. */
const DECIDING_FOLDERS = ['domain', 'handlers', 'pricing', 'sql', 'workflows'] as const;
const DECIDING_FILES = ['package-lock.json'] as const;

/** The product as it lies in a checkout: sha256 over path and bytes of every file that decides a row. */
export function readBuild(checkout: string): Build {
  const digest = createHash('sha256');
  const paths = [
    ...DECIDING_FOLDERS.flatMap((folder) => filesUnder(checkout, folder)),
    ...DECIDING_FILES,
  ];
  for (const path of paths.sort()) {
    const bytes = readFileSync(join(checkout, path));
    digest.update(`${path}\n${bytes.length}\n`).update(bytes);
  }
  const { version } = JSON.parse(readFileSync(join(checkout, 'package.json'), 'utf8')) as {
    version: string;
  };
  return { version, build_sha256: digest.digest('hex'), writer: WRITER };
}

function filesUnder(checkout: string, folder: string): string[] {
  const entries = readdirSync(join(checkout, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1))
    .map((path) => path.replaceAll('\\', '/'));
}
