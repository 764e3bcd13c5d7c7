import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verifyLake } from '../../runtime/local/ledger/verify-command.ts';
import { buildLedger } from './build-ledger.ts';

const count = fc.integer({ min: 1, max: 6 });
const plan = fc.record(
  {
    usageRows: count,
    quarantined: count,
    lateRows: count,
    emptyHours: fc.integer({ min: 1, max: 400 }),
    forced: fc.boolean(),
    withoutArchive: fc.boolean(),
  },
  { requiredKeys: ['usageRows'] },
);
const plans = fc
  .array(plan, { minLength: 1, maxLength: 8 })
  .map(([first, ...rest]) => [{ ...first!, emptyHours: 0 }, ...rest]);

describe('a ledger as it was sealed', () => {
  it('never gives a finding', async () => {
    await fc.assert(
      fc.asyncProperty(plans, async (windows) => {
        const root = mkdtempSync(join(tmpdir(), 'tollbook-clean-'));
        try {
          const ledger = await buildLedger(root, windows);
          const report = await verifyLake({
            lake: ledger.lake,
            trustFile: ledger.trustFile,
            checkpointFiles: windows.map((_, seq) => ledger.checkpointFile(seq + 1)),
          });
          expect(report.findings).toEqual([]);
          expect(report.head?.seq).toBe(windows.length - 1);
        } finally {
          rmSync(root, { recursive: true });
        }
      }),
      { numRuns: 25 },
    );
  });
});
