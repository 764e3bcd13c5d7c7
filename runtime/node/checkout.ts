import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { AuditStatements } from '../../handlers/metering/audit-window.ts';
import type { Build } from '../../handlers/metering/window-result.ts';

/** Folders whose every file can decide a row, and the lockfile that pins what they rest on. */
const DECIDING_FOLDERS = ['domain', 'handlers', 'pricing', 'sql', 'workflows'] as const;
const DECIDING_FILES = ['package-lock.json'] as const;

/** A build but for what writes its files: known where the product is packed, not only where it runs. */
export type BuildSource = Omit<Build, 'writer'>;

/** The product as it lies in a checkout: sha256 over path and bytes of every file that decides a row. */
export function readBuildSource(checkout: string): BuildSource {
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
  return { version, build_sha256: digest.digest('hex') };
}

/** The statements of the audit as they lie in a checkout. */
export function readAuditStatements(checkout: string): AuditStatements {
  const read = (name: string) => readFileSync(join(checkout, 'sql', 'audit', name), 'utf8');
  return {
    rowsAgainstPrices: read('rows-against-prices.sql'),
    chargesAgainstRows: read('charges-against-rows.sql'),
    chargeTotals: read('charge-totals.sql'),
  };
}

function filesUnder(checkout: string, folder: string): string[] {
  const entries = readdirSync(join(checkout, folder), { withFileTypes: true, recursive: true });
  return entries
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(checkout.length + 1))
    .map((path) => path.replaceAll('\\', '/'));
}
