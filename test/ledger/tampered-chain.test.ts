/* eslint-disable @typescript-eslint/no-unsafe-member-access,
   @typescript-eslint/no-unsafe-call, @typescript-eslint/no-unsafe-return,
   @typescript-eslint/restrict-plus-operands -- mutations go against every type */
import { describe } from '@jest/globals';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { encodeTenantTotals } from '../../domain/ledger/tenant-totals.ts';
import type { TenantTotals } from '../../domain/ledger/tenant-totals.ts';
import { manifestPath } from '../../domain/ledger/manifest.ts';
import { LEDGER, retiredSigner, sha256, strangerSigner } from './build-ledger.ts';
import type { LedgerOnDisk, Mutable } from './build-ledger.ts';
import { HEAD, testMutations } from './mutation-harness.ts';

const MOVED_HOUR = { start: '2026-03-01T06:00:00.000Z', end: '2026-03-01T07:00:00.000Z' };

/** Changes one manifest and signs all after it again, as a thief of the key would. */
async function rewriteFrom(
  ledger: LedgerOnDisk,
  first: number,
  change: (manifest: Mutable) => void,
): Promise<void> {
  await ledger.reseal(first, change);
  for (let seq = first + 1; seq <= HEAD; seq += 1) {
    const prev = sha256(ledger.payload(seq - 1));
    await ledger.reseal(seq, (manifest) => (manifest.prev = prev));
  }
}

function editCheckpoint(
  ledger: LedgerOnDisk,
  size: number,
  change: (note: string) => string,
): void {
  const file = ledger.checkpointFile(size);
  writeFileSync(file, change(readFileSync(file, 'utf8')));
}

/** Lets a manifest's tenants differ from its totals, with hashes that hold. */
async function resealTenants(ledger: LedgerOnDisk, tenants: readonly TenantTotals[]) {
  const { path } = ledger.manifest(HEAD).statement.tenant_totals;
  const bytes = encodeTenantTotals(tenants);
  ledger.write(path, bytes);
  await ledger.reseal(HEAD, ({ statement }) => (statement.tenant_totals.sha256 = sha256(bytes)));
}

const tenantsOf = (ledger: LedgerOnDisk) => {
  const { path } = ledger.manifest(HEAD).statement.tenant_totals;
  return (JSON.parse(ledger.read(path).toString()) as { tenants: TenantTotals[] }).tenants;
};

describe('the chain holds against its own key:', () => {
  testMutations([
    {
      name: 'a fork in the middle',
      mutate: (ledger) => ledger.reseal(2, ({ evidence }) => (evidence.attempt = 2)),
      codes: ['prev-mismatch'],
    },
    {
      name: 'another genesis',
      mutate: (ledger) => ledger.reseal(0, ({ evidence }) => (evidence.attempt = 2)),
      codes: ['prev-mismatch'],
    },
    {
      name: 'a fork at the last manifest the checkpoint saw',
      mutate: (ledger) => ledger.reseal(HEAD, ({ evidence }) => (evidence.attempt = 2)),
      checkpoints: [HEAD + 1],
      codes: ['checkpoint-mismatch'],
    },
    {
      name: 'the whole chain rewritten',
      mutate: (ledger) => rewriteFrom(ledger, 0, ({ evidence }) => (evidence.attempt = 2)),
      codes: ['checkpoint-mismatch'],
    },
    {
      name: 'the whole chain rewritten and no checkpoint held: the tail is not proven',
      mutate: (ledger) => rewriteFrom(ledger, 0, ({ evidence }) => (evidence.attempt = 2)),
      checkpoints: [],
      codes: ['no-checkpoint'],
      verdict: 'incomplete',
    },
    {
      name: 'a genesis with a predecessor',
      mutate: (ledger) => rewriteFrom(ledger, 0, (manifest) => (manifest.prev = 'a'.repeat(64))),
      checkpoints: [],
      codes: ['prev-mismatch', 'no-checkpoint'],
    },
    {
      name: 'a genesis in the middle',
      mutate: (ledger) => rewriteFrom(ledger, 3, (manifest) => (manifest.prev = null)),
      checkpoints: [3],
      codes: ['prev-mismatch'],
    },
    {
      name: 'a genesis that skips hours',
      mutate: (ledger) =>
        rewriteFrom(ledger, 0, ({ statement }) => {
          statement.window.empty_from = '2026-02-28T20:00:00.000Z';
        }),
      checkpoints: [],
      codes: ['window-continuity', 'no-checkpoint'],
    },
    {
      name: 'an hour left out',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => Object.assign(statement.window, MOVED_HOUR)),
      codes: ['window-continuity'],
    },
    {
      name: 'an hour sealed twice',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => {
          Object.assign(statement.window, ledger.manifest(HEAD - 1).statement.window);
        }),
      codes: ['window-continuity'],
    },
    {
      name: 'empty hours that overlap the window before',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => {
          statement.window.empty_from = ledger.manifest(HEAD - 1).statement.window.start;
        }),
      codes: ['window-continuity'],
    },
    {
      name: 'a data file that another manifest has listed',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => {
          statement.files.push(ledger.manifest(HEAD - 1).statement.files[1]);
          statement.files.sort((a: { path: string }, b: { path: string }) =>
            a.path < b.path ? -1 : 1,
          );
          statement.totals.rows += 1;
        }),
      codes: ['duplicate-file', 'tenant-totals'],
    },
  ]);
});

describe('counts must be the files’ own, even if signed:', () => {
  testMutations([
    {
      name: 'rows of a usage file',
      mutate: (ledger) => ledger.reseal(HEAD, ({ statement }) => (statement.files[1].rows += 1)),
      codes: ['rows', 'totals'],
    },
    {
      name: 'rows of a charges file',
      mutate: (ledger) => ledger.reseal(HEAD, ({ statement }) => (statement.files[0].rows = 0)),
      codes: ['rows'],
    },
    {
      name: 'rows of the input archive',
      mutate: (ledger) => ledger.reseal(HEAD, ({ statement }) => (statement.inputs.rows -= 1)),
      codes: ['rows'],
    },
    {
      name: 'rows of a late archive',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => (statement.inputs.late[0].rows += 1)),
      codes: ['rows'],
    },
    {
      name: 'quarantine off by one',
      mutate: (ledger) => ledger.reseal(HEAD, ({ statement }) => (statement.quarantine.rows += 1)),
      codes: ['quarantine'],
    },
    {
      name: 'total rows',
      mutate: (ledger) => ledger.reseal(HEAD, ({ statement }) => (statement.totals.rows += 1)),
      codes: ['totals', 'tenant-totals'],
    },
    {
      name: 'one token more in the total',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => (statement.totals.input = '9007199254740999')),
      codes: ['tenant-totals'],
    },
    {
      name: 'the sign of the cost',
      mutate: (ledger) =>
        ledger.reseal(HEAD, ({ statement }) => {
          statement.totals.cost_pusd = `-${String(statement.totals.cost_pusd)}`;
        }),
      codes: ['tenant-totals'],
    },
    {
      name: 'one tenant charged one pico-USD more',
      mutate: (ledger) =>
        resealTenants(
          ledger,
          tenantsOf(ledger).map((tenant) => ({ ...tenant, cost_pusd: '2999999' })),
        ),
      codes: ['tenant-totals'],
    },
    {
      name: 'a tenant left out',
      mutate: (ledger) => resealTenants(ledger, tenantsOf(ledger).slice(1)),
      codes: ['tenant-totals'],
    },
    {
      name: 'tenant totals that are no JSON',
      mutate: (ledger) => {
        ledger.write(ledger.manifest(HEAD).statement.tenant_totals.path, '{}');
        return ledger.reseal(HEAD, ({ statement }) => {
          statement.tenant_totals.sha256 = sha256('{}');
        });
      },
      codes: ['tenant-totals'],
    },
    {
      name: 'a Parquet file that is none',
      mutate: (ledger) => {
        const { path } = ledger.manifest(HEAD).statement.files[0]!;
        ledger.write(path, 'PAR1 but no more PAR1');
        return ledger.reseal(HEAD, ({ statement }) => {
          Object.assign(statement.files[0], { bytes: 21, sha256: sha256('PAR1 but no more PAR1') });
        });
      },
      codes: ['rows'],
    },
    {
      name: 'an archive that is not compressed',
      mutate: (ledger) => {
        ledger.write(ledger.manifest(HEAD).statement.inputs.path ?? '', '{}\n{}\n{}\n{}\n');
        return ledger.reseal(HEAD, ({ statement }) => {
          statement.inputs.sha256 = sha256('{}\n{}\n{}\n{}\n');
        });
      },
      codes: ['rows'],
    },
  ]);
});

describe('a checkpoint is believed only if it is the ledger’s own:', () => {
  testMutations([
    {
      name: 'of another ledger',
      mutate: (ledger) => ledger.writeCheckpoint(HEAD, undefined, 'acme-other'),
      codes: ['checkpoint-origin'],
    },
    {
      name: 'of a future size',
      mutate: (ledger) => {
        editCheckpoint(ledger, HEAD, (note) => note.replace(`\n${HEAD}\n`, '\n40\n'));
      },
      codes: ['checkpoint-future', 'checkpoint-signature'],
    },
    {
      name: 'with another head',
      mutate: (ledger) => {
        editCheckpoint(ledger, HEAD, (note) =>
          note.replace(/\n[^\n]{44}\n/, `\n${'A'.repeat(43)}=\n`),
        );
      },
      codes: ['checkpoint-mismatch', 'checkpoint-signature'],
    },
    {
      name: 'signed by a stranger',
      mutate: (ledger) => ledger.writeCheckpoint(HEAD, strangerSigner),
      codes: ['checkpoint-signature'],
    },
    {
      name: 'signed by a retired key',
      mutate: (ledger) => ledger.writeCheckpoint(HEAD, retiredSigner),
      codes: ['checkpoint-signature'],
    },
    {
      name: 'no checkpoint at all',
      mutate: (ledger) => {
        editCheckpoint(ledger, HEAD, () => 'all is well\n');
      },
      codes: ['checkpoint'],
    },
    {
      name: 'smaller than an earlier one',
      mutate: async (ledger) => {
        rmSync(ledger.at(manifestPath(3)));
        rmSync(ledger.at(manifestPath(4)));
        await ledger.writeCheckpoint(3);
      },
      checkpoints: [4, 3],
      codes: ['checkpoint-future', 'orphan'],
    },
    {
      name: 'also signed by a witness we do not know: fine',
      mutate: (ledger) => {
        editCheckpoint(ledger, HEAD, (note) => `${note}— witness.example AAAAAAAA\n`);
      },
      codes: [],
      verdict: 'ok',
    },
    {
      name: 'by a retired key while it was valid: fine',
      mutate: (ledger) => ledger.writeCheckpoint(2, retiredSigner),
      checkpoints: [2, 5],
      codes: [],
      verdict: 'ok',
    },
    {
      name: 'not held',
      mutate: () => undefined,
      checkpoints: [],
      codes: ['no-checkpoint'],
      verdict: 'incomplete',
    },
    {
      name: 'held without a trust file',
      mutate: () => undefined,
      withoutTrust: true,
      codes: ['no-trust'],
      verdict: 'incomplete',
    },
    {
      name: 'of another ledger, held without a trust file',
      mutate: (ledger) => ledger.writeCheckpoint(HEAD, undefined, `${LEDGER}-other`),
      withoutTrust: true,
      codes: ['checkpoint-origin', 'no-trust'],
    },
  ]);
});
