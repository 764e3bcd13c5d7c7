import { TOKEN_METERS } from '../meters.ts';
import type { FindingCode } from './finding.ts';
import type { FileDigest, Manifest, ManifestStatement } from './manifest.ts';
import { parseTenantTotals, sumTotals } from './tenant-totals.ts';
import { differenceOf } from './verification.ts';
import type { Verification } from './verification.ts';

/** One file as its manifest describes it; null is what the manifest does not say. */
interface ListedFile {
  readonly path: string;
  readonly sha256: string;
  readonly bytes: number | null;
  readonly rows: number | null;
  readonly rowsCode: FindingCode;
}

/** Files a verification has read, so that books shared by many manifests are read once. */
export type DigestsSeen = Map<string, string>;

/**
 * Checks every file that a manifest lists, and what their counts add up to.
 *
 * @returns how many files the manifest lists.
 */
export async function verifyFiles(
  verification: Verification,
  { seq, statement }: Manifest,
  bookDigests: DigestsSeen,
): Promise<number> {
  const { price_book: book, tenant_totals: tenants } = statement;
  const listed = listedFiles(statement);
  for (const file of listed) await verifyFile(verification, file, seq);

  if (bookDigests.get(book.path) !== book.sha256) {
    const isSame = await verifyFile(verification, uncounted(book), seq);
    if (isSame) bookDigests.set(book.path, book.sha256);
  }
  verifyUsageRows(verification, seq, statement);
  if (await verifyFile(verification, uncounted(tenants), seq)) {
    await verifyTenants(verification, seq, statement);
  }
  return listed.length + 2;
}

function listedFiles({ files, inputs, quarantine }: ManifestStatement): readonly ListedFile[] {
  const rowsCode = 'rows' as const;
  const listed: ListedFile[] = files.map((file) => ({ ...file, rowsCode }));
  if (inputs.path !== null && inputs.sha256 !== null) {
    const { path, sha256, rows } = inputs;
    listed.push({ path, sha256, bytes: null, rows, rowsCode });
  }
  for (const late of inputs.late) listed.push({ ...late, bytes: null, rowsCode });
  if (quarantine !== null) listed.push({ ...quarantine, bytes: null, rowsCode: 'quarantine' });
  return listed;
}

function uncounted({ path, sha256 }: FileDigest): ListedFile {
  return { path, sha256, bytes: null, rows: null, rowsCode: 'rows' };
}

/** @returns true when the file holds the bytes that were sealed. */
async function verifyFile(
  verification: Verification,
  file: ListedFile,
  seq: number,
): Promise<boolean> {
  const { path } = file;
  const place = { seq, path };
  const entry = verification.entries.get(path);
  if (entry === undefined) {
    const link = symlinkAbove(verification, path);
    if (link === null) {
      verification.report('missing-file', place, 'got nothing, expected the file that was sealed');
    } else {
      verification.report('not-a-file', place, `got a symlink at ${link}, expected folders`);
    }
    return false;
  }
  if (entry.kind !== 'file') {
    verification.report('not-a-file', place, `got a ${entry.kind}, expected a regular file`);
    return false;
  }
  if (file.bytes !== null && entry.bytes !== file.bytes) {
    verification.report('size', place, `got ${entry.bytes} bytes, expected ${file.bytes}`);
    return false;
  }
  const digest = await verification.guard('sha256', place, () => verification.files.sha256(path));
  if (digest === undefined) return false;
  const difference = differenceOf(digest, file.sha256);
  if (difference !== null) verification.report('sha256', place, difference);
  else await verifyRows(verification, file, seq);
  return difference === null;
}

async function verifyRows(
  verification: Verification,
  { path, rows, rowsCode }: ListedFile,
  seq: number,
): Promise<void> {
  if (rows === null) return;
  const place = { seq, path };
  const counted = await verification.guard(rowsCode, place, () =>
    path.endsWith('.parquet')
      ? verification.files.parquetRows(path)
      : verification.files.inputRows(path),
  );
  if (counted === undefined || counted === rows) return;
  verification.report(rowsCode, place, `got ${counted} rows, expected ${rows}`);
}

/** A folder replaced by a link hides what lies in it from the list. */
function symlinkAbove({ entries }: Verification, path: string): string | null {
  const segments = path.split('/');
  for (let depth = 1; depth < segments.length; depth += 1) {
    const folder = segments.slice(0, depth).join('/');
    if (entries.get(folder)?.kind === 'symlink') return folder;
  }
  return null;
}

function verifyUsageRows(
  verification: Verification,
  seq: number,
  { files, totals }: ManifestStatement,
): void {
  const usage = files.filter(({ path }) => path.startsWith('data/usage/'));
  const rows = usage.reduce((sum, file) => sum + file.rows, 0);
  if (rows === totals.rows) return;
  const message = `usage files: got ${rows} rows together, expected the total of ${totals.rows}`;
  verification.report('totals', { seq }, message);
}

async function verifyTenants(
  verification: Verification,
  seq: number,
  { tenant_totals: { path }, totals }: ManifestStatement,
): Promise<void> {
  const place = { seq, path };
  const tenants = await verification.guard('tenant-totals', place, async () =>
    parseTenantTotals(await verification.files.read(path)),
  );
  if (tenants === undefined) return;
  const sums = sumTotals(tenants);
  for (const member of ['rows', ...TOKEN_METERS, 'cost_pusd'] as const) {
    const difference = differenceOf(sums[member], totals[member]);
    if (difference !== null) {
      verification.report('tenant-totals', place, `${member} of all tenants: ${difference}`);
    }
  }
}
