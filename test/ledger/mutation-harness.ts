import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FindingCode, Verdict } from '../../domain/ledger/finding.ts';
import type { VerifyReport } from '../../domain/ledger/verify-ledger.ts';
import { verifyLake } from '../../runtime/local/ledger/verify-command.ts';
import { FIVE_WINDOWS, LedgerOnDisk, buildLedger } from './build-ledger.ts';

/** The last manifest of the ledger that mutations work on. */
export const HEAD = FIVE_WINDOWS.length - 1;

/** What one mutation does and every code it must be reported by, no more and no fewer. */
export interface Mutation {
  readonly name: string;
  readonly mutate: (ledger: LedgerOnDisk) => unknown;
  readonly codes: readonly FindingCode[];
  /** Sizes of the checkpoints the auditor holds; one short of the head unless told otherwise. */
  readonly checkpoints?: readonly number[];
  readonly withoutTrust?: boolean;
  /** Tampered, unless told otherwise. */
  readonly verdict?: Verdict;
}

/** Runs each mutation on its own copy of one valid ledger. */
export function testMutations(mutations: readonly Mutation[]): void {
  const { freshCopy } = ledgerCopies();
  it.each(mutations.map((mutation) => [mutation.name, mutation] as const))(
    '%s',
    async (_, mutation) => {
      const ledger = freshCopy();
      await mutation.mutate(ledger);
      const report = await verify(ledger, mutation);
      const codes = [...new Set(report.findings.map(({ code }) => code))].sort();
      expect({ codes, verdict: report.verdict }).toEqual({
        codes: mutation.codes.toSorted(),
        verdict: mutation.verdict ?? 'tampered',
      });
      expect(report.findings.filter(({ message }) => message === '')).toEqual([]);
    },
  );
}

/** One valid ledger per test file, copied for whoever wants to break it. */
export function ledgerCopies(): { readonly freshCopy: () => LedgerOnDisk } {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-ledger-'));
  let copies = 0;
  beforeAll(async () => {
    await buildLedger(join(folder, 'valid'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    freshCopy: () => {
      copies += 1;
      const root = join(folder, `copy-${copies}`);
      cpSync(join(folder, 'valid'), root, { recursive: true });
      return new LedgerOnDisk(root);
    },
  };
}

export function verify(
  ledger: LedgerOnDisk,
  held: Pick<Mutation, 'checkpoints' | 'withoutTrust'> = {},
): Promise<VerifyReport> {
  const { checkpoints = [HEAD], withoutTrust = false } = held;
  return verifyLake({
    lake: ledger.lake,
    trustFile: withoutTrust ? undefined : ledger.trustFile,
    checkpointFiles: checkpoints.map((size) => ledger.checkpointFile(size)),
  });
}
