import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { manifestPath } from '../../../domain/ledger/manifest.ts';
import { buildLedger } from '../../ledger/build-ledger.ts';
import type { LedgerOnDisk } from '../../ledger/build-ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-verify-'));
const alone = join(root, 'alone');
const bundle = join(alone, 'tollbook-verify.mjs');
let ledger: LedgerOnDisk;

beforeAll(async () => {
  ledger = await buildLedger(join(root, 'ledger'));
  execFileSync(process.execPath, [resolve('bin/bundle-verifier.ts'), bundle]);
  mkdirSync(join(root, 'empty'));
});

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** Runs the bundle in a folder that holds nothing else, with no environment. */
function run(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [bundle, ...args], {
    cwd: alone,
    env: {},
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const given = (size: number) => [
  ledger.lake,
  ...['--trust', ledger.trustFile, '--checkpoint', ledger.checkpointFile(size)],
];

describe('the verifier in one file', () => {
  it('needs nothing but Node', () => {
    expect(readdirSync(alone)).toEqual(['tollbook-verify.mjs']);

    const { status, stdout, stderr } = run(...given(5));

    expect(stderr).toBe('');
    expect(stdout).toMatch(/^OK: ledger acme-test, 5 manifests, \d+ files, 1 checkpoints, head 4 /);
    expect(stdout.endsWith('\n')).toBe(true);
    expect(status).toBe(0);
  });

  it('takes several checkpoints', () => {
    expect(run(...given(5), '--checkpoint', ledger.checkpointFile(2)).status).toBe(0);
  });

  it('prints one JSON object for programs', () => {
    const { status, stdout } = run(ledger.lake, '--json');

    expect(JSON.parse(stdout)).toMatchObject({
      verdict: 'incomplete',
      manifests: 5,
      findings: [
        { level: 'incomplete', code: 'no-trust', seq: null },
        { level: 'incomplete', code: 'no-checkpoint', seq: null },
      ],
    });
    expect(status).toBe(2);
  });

  it('says that the tail is not proven without a checkpoint', () => {
    const { status, stdout } = run(ledger.lake, '--trust', ledger.trustFile);

    expect(stdout).toMatch(/^incomplete no-checkpoint +tail not proven/);
    expect(stdout).toMatch(/INCOMPLETE EVIDENCE/);
    expect(status).toBe(2);
  });

  it('names what was tampered with, and lets no file name steer the terminal', () => {
    const bad = ledger.at('manifests/\u001b[2Jgotcha');
    mkdirSync(bad);
    ledger.write('manifests/\u001b[2Jgotcha/x', '');

    const { status, stdout } = run(...given(5));
    rmSync(bad, { recursive: true });

    expect(stdout).toMatch(/^tampered {3}stray-manifest/);
    expect(stdout).not.toContain('\u001b');
    expect(stdout).toMatch(/TAMPERED/);
    expect(status).toBe(1);
  });

  it('reads the files of a range only, and the chain whole', () => {
    const { path } = ledger.manifest(1).statement.files[0]!;
    const bytes = ledger.read(path);
    ledger.write(path, 'x');
    const codes = [
      ['--from', '1', '--to', '1'],
      ['--from', '2'],
      ['--to', '0'],
    ].map((range) => run(...given(5), ...range).status);
    ledger.write(path, bytes);

    expect(codes).toEqual([1, 0, 0]);
  });

  it('helps on standard output', () => {
    const { status, stdout, stderr } = run('--help');

    expect(stdout).toMatch(/^Usage: tollbook-verify LAKE/);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  });

  it.each([
    ['no folder', () => []],
    ['two folders', () => [ledger.lake, ledger.lake]],
    ['a folder that is not there', () => [join(root, 'nowhere')]],
    ['a file for a folder', () => [ledger.trustFile]],
    ['an unknown option', () => [ledger.lake, '--recompute']],
    ['a trust file that is not there', () => [ledger.lake, '--trust', join(root, 'nowhere')]],
    ['a trust file that is none', () => [ledger.lake, '--trust', ledger.at(manifestPath(0))]],
    ['a checkpoint that is not there', () => [ledger.lake, '--checkpoint', join(root, 'nowhere')]],
    ['a range of words', () => [ledger.lake, '--from', 'one']],
  ])('exits 3 on %s, and says so on standard error', (_, args) => {
    const { status, stdout, stderr } = run(...args());

    expect(stderr).not.toBe('');
    expect(stderr).not.toMatch(/\n {4}at /);
    expect({ status, stdout }).toEqual({ status: 3, stdout: '' });
  });

  it('exits 2 on a folder without manifests', () => {
    const { status, stdout } = run(join(root, 'empty'), '--trust', ledger.trustFile);

    expect(stdout).toMatch(/no-manifests/);
    expect(status).toBe(2);
  });
});
