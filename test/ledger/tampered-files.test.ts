import { describe, expect, it } from '@jest/globals';
import { mkdirSync, renameSync, rmSync, symlinkSync, truncateSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LedgerOnDisk } from './build-ledger.ts';
import { ledgerCopies, testMutations, verify } from './mutation-harness.ts';

const usageOf = (ledger: LedgerOnDisk, seq: number) =>
  ledger.manifest(seq).statement.files[1]!.path;
const inputsOf = (ledger: LedgerOnDisk, seq: number) =>
  ledger.manifest(seq).statement.inputs.path ?? '';

function flip(ledger: LedgerOnDisk, path: string, at = 20): void {
  const bytes = ledger.read(path);
  bytes[at] = bytes[at]! ^ 1;
  ledger.write(path, bytes);
}

function replaceByLink(ledger: LedgerOnDisk, path: string): void {
  renameSync(ledger.at(path), `${ledger.root}/moved`);
  symlinkSync(`${ledger.root}/moved`, ledger.at(path));
}

describe('a clean ledger', () => {
  const { freshCopy } = ledgerCopies();

  it('gives no finding, whichever checkpoints are held', async () => {
    const ledger = freshCopy();
    for (const checkpoints of [[1], [2, 4], [5], [1, 2, 3, 4, 5]]) {
      const report = await verify(ledger, { checkpoints });

      expect(report.findings).toEqual([]);
      expect(report).toMatchObject({ verdict: 'ok', manifests: 5, ledger: 'acme-test' });
    }
  });
});

describe('what happens to a file is found:', () => {
  testMutations([
    {
      name: 'deleted',
      mutate: (ledger) => {
        rmSync(ledger.at(usageOf(ledger, 1)));
      },
      codes: ['missing-file'],
    },
    {
      name: 'truncated',
      mutate: (ledger) => {
        truncateSync(ledger.at(usageOf(ledger, 1)), 30);
      },
      codes: ['size'],
    },
    {
      name: 'one byte appended',
      mutate: (ledger) => {
        const path = usageOf(ledger, 1);
        ledger.write(path, Buffer.concat([ledger.read(path), Buffer.of(0)]));
      },
      codes: ['size'],
    },
    {
      name: 'one bit flipped',
      mutate: (ledger) => {
        flip(ledger, usageOf(ledger, 4));
      },
      codes: ['sha256'],
    },
    {
      name: 'emptied',
      mutate: (ledger) => {
        ledger.write(usageOf(ledger, 0), '');
      },
      codes: ['size'],
    },
    {
      name: 'swapped with another',
      mutate: (ledger) => {
        const [first, second] = [inputsOf(ledger, 0), inputsOf(ledger, 1)];
        const bytes = ledger.read(first);
        ledger.write(first, ledger.read(second));
        ledger.write(second, bytes);
      },
      codes: ['sha256'],
    },
    {
      name: 'replaced by a valid one of another window',
      mutate: (ledger) => {
        ledger.write(usageOf(ledger, 4), ledger.read(usageOf(ledger, 0)));
      },
      codes: ['size'],
    },
    {
      name: 'another beside it',
      mutate: (ledger) => {
        ledger.write(`${dirname(usageOf(ledger, 0))}/part-extra.parquet`, 'PAR1');
      },
      codes: ['unlisted-file'],
    },
    {
      name: 'a hidden one beside it',
      mutate: (ledger) => {
        ledger.write(`${dirname(usageOf(ledger, 0))}/.part`, 'PAR1');
      },
      codes: ['unlisted-file'],
    },
    {
      name: 'replaced by a link to the same bytes',
      mutate: (ledger) => {
        replaceByLink(ledger, usageOf(ledger, 2));
      },
      codes: ['not-a-file'],
    },
    {
      name: 'its folder replaced by a link',
      mutate: (ledger) => {
        replaceByLink(ledger, dirname(usageOf(ledger, 2)));
      },
      codes: ['not-a-file', 'orphan'],
    },
    {
      name: 'replaced by a folder',
      mutate: (ledger) => {
        rmSync(ledger.at(inputsOf(ledger, 2)));
        mkdirSync(ledger.at(inputsOf(ledger, 2)));
      },
      codes: ['missing-file'],
    },
    {
      name: 'an input archive changed',
      mutate: (ledger) => {
        flip(ledger, inputsOf(ledger, 0), 8);
      },
      codes: ['sha256'],
    },
    {
      name: 'a late archive deleted',
      mutate: (ledger) => {
        rmSync(ledger.at(ledger.manifest(1).statement.inputs.late[0]?.path ?? ''));
      },
      codes: ['missing-file'],
    },
    {
      name: 'a quarantine file deleted',
      mutate: (ledger) => {
        rmSync(ledger.at(ledger.manifest(1).statement.quarantine?.path ?? ''));
      },
      codes: ['missing-file'],
    },
    {
      name: 'the price book changed',
      mutate: (ledger) => {
        flip(ledger, ledger.manifest(0).statement.price_book.path, 2);
      },
      codes: ['sha256'],
    },
    {
      name: 'one tenant raised and another lowered',
      mutate: (ledger) => {
        const { path } = ledger.manifest(0).statement.tenant_totals;
        const text = ledger.read(path).toString();
        ledger.write(path, text.replace('"3000000"', '"2999999"').replace('"-1"', '"0"'));
      },
      codes: ['sha256'],
    },
    {
      name: 'a run folder that no manifest lists is only noted',
      mutate: (ledger) => {
        ledger.write(
          `${dirname(dirname(usageOf(ledger, 0)))}/run=ffffffffffffffff/part.parquet`,
          'x',
        );
      },
      codes: ['orphan'],
      verdict: 'ok',
    },
    {
      name: 'scratch under work/ is nobody’s business',
      mutate: (ledger) => {
        ledger.write('work/slice.jsonl', 'x');
      },
      codes: [],
      verdict: 'ok',
    },
  ]);
});

describe('tampering wins over incomplete evidence:', () => {
  testMutations([
    {
      name: 'a changed file, no trust file, no checkpoint',
      mutate: (ledger) => {
        flip(ledger, usageOf(ledger, 4));
      },
      checkpoints: [],
      withoutTrust: true,
      codes: ['sha256', 'no-checkpoint', 'no-trust'],
    },
  ]);
});
