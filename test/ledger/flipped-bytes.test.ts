import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { manifestPath } from '../../domain/ledger/manifest.ts';
import { parseTrust } from '../../domain/ledger/trust.ts';
import { verifyLedger } from '../../domain/ledger/verify-ledger.ts';
import type { LedgerEvidence } from '../../domain/ledger/verify-ledger.ts';
import type { LedgerCrypto } from '../../domain/ledger/verification.ts';
import { nodeLedgerCrypto } from '../../runtime/local/ledger/verify-signature.ts';
import { FIVE_WINDOWS, buildLedger, sha256, trustBytes } from './build-ledger.ts';
import { MemoryLake } from './memory-lake.ts';

const WINDOWS = FIVE_WINDOWS.slice(0, 3);
const folder = mkdtempSync(join(tmpdir(), 'tollbook-flips-'));
let lake: MemoryLake;
let evidence: LedgerEvidence;

beforeAll(async () => {
  const ledger = await buildLedger(folder, WINDOWS);
  lake = await MemoryLake.of(ledger.lake);
  const bytes = new Uint8Array(readFileSync(ledger.checkpointFile(WINDOWS.length)));
  evidence = {
    files: lake,
    trust: parseTrust(trustBytes, sha256),
    checkpoints: [{ name: 'checkpoint', bytes }],
  };
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

/** Untouched manifests are verified thousands of times over: each signature once is enough. */
const verdicts = new Map<string, boolean>();
const crypto: LedgerCrypto = {
  sha256,
  verifySignature: (key, message, signature) => {
    const id = `${sha256(message)} ${Buffer.from(signature).toString('hex')}`;
    const known = verdicts.get(id) ?? nodeLedgerCrypto.verifySignature(key, message, signature);
    verdicts.set(id, known);
    return known;
  },
};

/** Verifies with one byte of one file changed. */
async function verdictWith(path: string, at: number, mask: number): Promise<string> {
  const original = lake.files.get(path)!;
  const flipped = original.slice();
  flipped[at] = flipped[at]! ^ mask;
  lake.files.set(path, flipped);
  const { verdict } = await verifyLedger(evidence, crypto);
  lake.files.set(path, original);
  return verdict;
}

describe('a flipped bit', () => {
  it.each(WINDOWS.map((_, seq) => seq))(
    'in any byte of manifest %i is found',
    async (seq) => {
      expect((await verifyLedger(evidence, crypto)).findings).toEqual([]);
      const unseen: number[] = [];
      const { length } = lake.files.get(manifestPath(seq))!;
      for (let at = 0; at < length; at += 1) {
        const verdict = await verdictWith(manifestPath(seq), at, 1 << (at % 8));
        if (verdict !== 'tampered') unseen.push(at);
      }
      expect(length).toBeGreaterThan(1000);
      expect(unseen).toEqual([]);
    },
    120_000,
  );

  it('in any byte of the checkpoint is found', async () => {
    const [{ name, bytes } = { name: '', bytes: new Uint8Array() }] = evidence.checkpoints;
    const unseen: number[] = [];
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.map((byte, index) => (index === at ? byte ^ (1 << (at % 8)) : byte));
      const checkpoints = [{ name, bytes: flipped }];
      const { verdict } = await verifyLedger({ ...evidence, checkpoints }, crypto);
      if (verdict !== 'tampered') unseen.push(at);
    }
    expect(unseen).toEqual([]);
  });

  it('in some byte of every other file is found', async () => {
    const others = [...lake.files.keys()].filter((path) => !path.startsWith('manifests/'));
    for (const [index, path] of others.entries()) {
      const { length } = lake.files.get(path)!;
      for (const at of [0, (index * 37) % length, length - 1]) {
        expect(await verdictWith(path, at, 1 << (index % 8))).toBe('tampered');
      }
    }
    expect(others.length).toBeGreaterThan(12);
  });
});
