import type { Finding, FindingCode, FindingPlace } from './finding.ts';
import { LedgerFormatError } from './format-error.ts';
import { LedgerFileError } from './ledger-files.ts';
import type { LedgerEntry, LedgerFiles } from './ledger-files.ts';
import type { Sha256, TrustFile, TrustedKey } from './trust.ts';

/** The crypto that this floor is given. */
export interface LedgerCrypto {
  readonly sha256: Sha256;
  /** Does the key, by its own algorithm and no other, vouch for these bytes? Never throws. */
  readonly verifySignature: (
    key: TrustedKey,
    message: Uint8Array,
    signature: Uint8Array,
  ) => boolean;
}

/** One verification: what it works on and what it has found. */
export class Verification {
  readonly findings: Finding[] = [];
  /** Deployment id: the trust file's, or without one the first manifest's. */
  ledger: string | null;
  readonly files: LedgerFiles;
  readonly entries: ReadonlyMap<string, LedgerEntry>;
  readonly trust: TrustFile | null;
  readonly crypto: LedgerCrypto;

  constructor(
    lake: { readonly files: LedgerFiles; readonly entries: ReadonlyMap<string, LedgerEntry> },
    trust: TrustFile | null,
    crypto: LedgerCrypto,
  ) {
    this.files = lake.files;
    this.entries = lake.entries;
    this.trust = trust;
    this.crypto = crypto;
    this.ledger = trust?.ledger ?? null;
  }

  report(code: FindingCode, place: FindingPlace, message: string): void {
    this.findings.push({ code, ...place, message });
  }

  /**
   * Does a check, turning what a damaged file makes it throw into a finding.
   *
   * @returns what the check returns, or undefined after a finding.
   */
  async guard<T>(
    code: FindingCode,
    place: FindingPlace,
    check: () => T | Promise<T>,
  ): Promise<T | undefined> {
    try {
      return await check();
    } catch (error) {
      if (error instanceof LedgerFormatError) {
        this.report(code, place, error.message);
      } else if (error instanceof LedgerFileError) {
        this.report(error.reason === 'malformed' ? code : 'unreadable', place, error.message);
      } else {
        throw error;
      }
      return undefined;
    }
  }
}

/** `got X, expected Y`, unless they are equal. */
export function differenceOf(got: unknown, expected: unknown): string | null {
  return got === expected ? null : `got ${String(got)}, expected ${String(expected)}`;
}
