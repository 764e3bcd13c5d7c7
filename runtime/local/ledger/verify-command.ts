import { readFile, stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { parseArgs } from 'node:util';
import { FINDING_LEVELS, VERDICT_EXIT } from '../../../domain/ledger/finding.ts';
import { LedgerFormatError } from '../../../domain/ledger/format-error.ts';
import { parseTrust } from '../../../domain/ledger/trust.ts';
import type { TrustFile } from '../../../domain/ledger/trust.ts';
import { verifyLedger } from '../../../domain/ledger/verify-ledger.ts';
import type { VerifyProgress, VerifyReport } from '../../../domain/ledger/verify-ledger.ts';
import { canReadZstd, ledgerFolder } from './ledger-folder.ts';
import { nodeLedgerCrypto } from './verify-signature.ts';

/** What the verifier exits with when it was called wrongly. */
export const USAGE_EXIT = 3;
const LISTED_MAX = 100;

const HELP = `Usage: tollbook-verify LAKE --trust FILE [--checkpoint FILE]... [options]

Verifies a ledger and every file it lists. Offline; reads only.

  LAKE               folder that holds manifests/ and data/
  --trust FILE       keys that may sign, by the auditor's own copy
  --checkpoint FILE  proof of how far the ledger went, kept elsewhere; may be repeated
  --from N, --to N   read the files of these manifests only (the chain is always read whole)
  --json             one JSON object on standard output
  --help             this text

Exits 0 when everything holds, 1 on any tampering, 2 when the evidence is incomplete (no trust file,
no checkpoint), 3 when called wrongly.
`;

/** A call that cannot be carried out: exit 3. */
export class VerifyUsageError extends Error {
  override readonly name = 'VerifyUsageError';
}

export interface VerifyLakeOptions {
  readonly lake: string;
  readonly trustFile?: string | undefined;
  readonly checkpointFiles?: readonly string[] | undefined;
  /** Both ends inclusive. */
  readonly range?: { readonly from: number; readonly to: number } | undefined;
  readonly onProgress?: ((progress: VerifyProgress) => void) | undefined;
}

/**
 * Verifies the lake in a folder.
 *
 * @throws VerifyUsageError if the folder, the trust file or a checkpoint file cannot be read.
 */
export async function verifyLake(options: VerifyLakeOptions): Promise<VerifyReport> {
  const { lake, trustFile, checkpointFiles = [], range, onProgress } = options;
  if (!canReadZstd()) {
    throw new VerifyUsageError(`Node: got ${process.version}, expected 22.15 or later (Zstandard)`);
  }
  await expectFolder(lake);
  const trust = trustFile === undefined ? null : await readTrust(trustFile);
  const checkpoints = await Promise.all(
    checkpointFiles.map(async (file) => ({
      name: basename(file),
      bytes: await readGiven('checkpoint', file),
    })),
  );
  const evidence = { files: ledgerFolder(lake), trust, checkpoints, ...(range && { range }) };
  return verifyLedger(evidence, nodeLedgerCrypto, onProgress);
}

/** The report for people, ending in a line feed. */
export function printReport(report: VerifyReport): string {
  const shown = report.findings.slice(0, LISTED_MAX).map(({ code, seq, path, message }) => {
    const place = [seq === null ? null : `manifest ${seq}`, path].filter((part) => part != null);
    const where = place.length > 0 ? `${place.join(', ')}: ` : '';
    return `${FINDING_LEVELS[code].padEnd(10)} ${code.padEnd(20)} ${printable(where + message)}`;
  });
  const more = report.findings.length - shown.length;
  if (more > 0) shown.push(`… and ${more} more (--json lists all)`);
  return `${[...shown, verdictLine(report)].join('\n')}\n`;
}

/** The report for programs: one JSON object, ending in a line feed. */
export function printReportJson(report: VerifyReport): string {
  const findings = report.findings.map((finding) => ({
    level: FINDING_LEVELS[finding.code],
    ...finding,
  }));
  return `${JSON.stringify({ ...report, findings }, null, 2)}\n`;
}

/** The command: verifies, prints the report on standard output, and returns the exit code. */
export async function runVerify(args: readonly string[]): Promise<number> {
  try {
    const call = parseCall(args);
    if (call === 'help') {
      process.stdout.write(HELP);
      return 0;
    }
    const report = await verifyLake({ ...call, onProgress: progressOnTerminal() });
    process.stdout.write(call.json ? printReportJson(report) : printReport(report));
    return VERDICT_EXIT[report.verdict];
  } catch (error) {
    if (!(error instanceof VerifyUsageError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return USAGE_EXIT;
  }
}

function parseCall(args: readonly string[]): (VerifyLakeOptions & { json: boolean }) | 'help' {
  const { values, positionals } = parsedArgs(args);
  if (values.help) return 'help';
  const [lake] = positionals;
  if (lake === undefined || positionals.length > 1) {
    throw new VerifyUsageError(`LAKE: got ${positionals.length} folders, expected one\n\n${HELP}`);
  }
  const range = { from: seqOf('--from', values.from, 0), to: seqOf('--to', values.to, Infinity) };
  return {
    ...{ lake, trustFile: values.trust, checkpointFiles: values.checkpoint, range },
    json: values.json ?? false,
  };
}

function parsedArgs(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        trust: { type: 'string' },
        checkpoint: { type: 'string', multiple: true },
        from: { type: 'string' },
        to: { type: 'string' },
        json: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    });
  } catch (error) {
    throw new VerifyUsageError(`${(error as Error).message}\n\n${HELP}`, { cause: error });
  }
}

function seqOf(option: string, text: string | undefined, absent: number): number {
  if (text === undefined) return absent;
  if (/^[0-9]{1,12}$/.test(text)) return Number(text);
  throw new VerifyUsageError(
    `${option}: got ${JSON.stringify(text)}, expected a manifest's number`,
  );
}

async function expectFolder(lake: string): Promise<void> {
  const found = await stat(lake).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new VerifyUsageError(`LAKE: got ${lake}, expected a folder that can be read`);
}

async function readTrust(file: string): Promise<TrustFile> {
  const bytes = await readGiven('trust', file);
  try {
    return parseTrust(bytes, nodeLedgerCrypto.sha256);
  } catch (error) {
    if (!(error instanceof LedgerFormatError)) throw error;
    throw new VerifyUsageError(`--trust ${file}: ${error.message}`, { cause: error });
  }
}

async function readGiven(option: string, file: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(await readFile(file));
  } catch (error) {
    const message = `--${option}: got ${file}, expected a file that can be read`;
    throw new VerifyUsageError(`${message} (${(error as Error).message})`, { cause: error });
  }
}

/** Names in a lake are not ours: nothing in them may steer a terminal. */
function printable(line: string): string {
  return line.replace(/[^\x20-\x7e…]/g, (character) => {
    const code = character.charCodeAt(0).toString(16).padStart(4, '0');
    return `\\u${code}`;
  });
}

function verdictLine({
  verdict,
  ledger,
  manifests,
  files,
  checkpoints,
  head,
}: VerifyReport): string {
  const seen = `${manifests} manifests, ${files} files, ${checkpoints} checkpoints`;
  const upTo = head === null ? '' : `, head ${head.seq} ${head.sha256.slice(0, 16)}`;
  const said = { ok: 'OK', tampered: 'TAMPERED', incomplete: 'INCOMPLETE EVIDENCE' }[verdict];
  return `${said}: ledger ${printable(ledger ?? 'unknown')}, ${seen}${upTo}`;
}

function progressOnTerminal(): ((progress: VerifyProgress) => void) | undefined {
  if (!process.stderr.isTTY) return undefined;
  return ({ done, total }) => {
    if (done % 64 === 0 || done === total) {
      process.stderr.write(`\rverifying ${done}/${total}${done === total ? '\r\u001b[K' : ''}`);
    }
  };
}
