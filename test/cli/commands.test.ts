import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tollbook } from './tollbook.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-cli-'));
const data = join(root, 'data');
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const COMMANDS = [
  ...['simulate', 'meter', 'report', 'query', 'verify', 'trace', 'prices', 'reprice', 'serve'],
];
const ID = '018cc251-f400-7789-a724-e95f018169c7';

describe('tollbook', () => {
  it('lists its commands and what it exits with', async () => {
    const { code, stdout, stderr } = await tollbook('--help');

    expect([code, stderr]).toEqual([0, '']);
    for (const name of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'));
    expect(stdout).toContain('0 fine, 1 the check failed, 2 incomplete evidence, 3 usage error');
    expect(stdout.endsWith('\n')).toBe(true);
  });

  it.concurrent.each(COMMANDS)('explains %s and its --json', async (name) => {
    const { code, stdout, stderr } = await tollbook(name, '--help');

    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.startsWith(`tollbook ${name}: `)).toBe(true);
    expect(stdout).toContain(`usage: tollbook ${name} `);
    expect(stdout).toContain('--json');
    expect(stdout.endsWith('\n')).toBe(true);
  });

  it.concurrent.each<[string, readonly string[], string]>([
    ['no command', [], 'usage: tollbook COMMAND'],
    [
      'an unknown command',
      ['bill'],
      'tollbook: got bill, expected one of simulate, simulate-bedrock, meter,',
    ],
    ['no --data', ['meter'], 'tollbook meter: --data is missing'],
    ['an unknown option', ['report', '--data', data, '--colour'], "Unknown option '--colour'"],
    [
      'a word that is neither on nor off',
      ['simulate', '--data', data, '--trace', 'x', '--faults', 'some'],
      '--faults: got some, expected one of on, off',
    ],
    [
      'an instant of another form',
      ['meter', '--data', data, '--now', 'yesterday'],
      '--now: got yesterday, expected YYYY-MM-DD or YYYY-MM-DDTHH:MM:SSZ',
    ],
    [
      'a force that is no hour',
      ['meter', '--data', data, '--force', '2026-01-31T20:30:00Z', '--reason', 'r', '--by', 'b'],
      '--force: got 2026-01-31T20:30:00Z, expected the start of a UTC hour',
    ],
    [
      'a force that nobody answers for',
      ['meter', '--data', data, '--force', '2026-01-31T20:00:00Z', '--reason', 'r'],
      '--by is missing',
    ],
    [
      'an unknown format',
      ['report', '--data', data, '--format', 'xml'],
      '--format: got xml, expected one of table, json, csv',
    ],
    ['two statements', ['query', '--data', data, 'SELECT 1', 'SELECT 2'], 'got 2 statements'],
    ['no event id', ['trace', '--data', data, '42'], 'got 42, expected one event id (UUIDv7)'],
    [
      'a port that is none',
      ['serve', '--data', data, '--port', '70000'],
      'got 70000, expected 0 to',
    ],
    [
      'a trust file that is none',
      ['verify', root, '--trust', join(root, 'nowhere')],
      'expected a file that can be read',
    ],
  ])('exits 3 for %s and says so on standard error', async (_, args, said) => {
    const { code, stdout, stderr } = await tollbook(...args);

    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(said);
    expect(stderr.endsWith('\n')).toBe(true);
  });

  it.concurrent.each<[string, readonly string[], string]>([
    [
      'a trace file that is not there',
      ['simulate', '--trace', join(root, 'nowhere.csv')],
      'tollbook simulate: Error: ENOENT',
    ],
    ['SQL that is none', ['query', 'SELEKT 1'], 'syntax error at or near "SELEKT"'],
    ['an id that nobody knows', ['trace', ID], `no call has the id ${ID}`],
  ])('exits 1 for %s', async (_, [name = '', ...args], said) => {
    const { code, stdout, stderr } = await tollbook(name, '--data', join(root, 'one'), ...args);

    expect([code, stdout.trim()]).toEqual([1, '']);
    expect(stderr).toContain(said);
  });

  it('names the file and line of a trace that it cannot read', async () => {
    const trace = join(root, 'bad.csv');
    writeFileSync(
      trace,
      'TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,1,2\n2023-11-16,1,2\n',
    );

    const { code, stderr } = await tollbook(
      'simulate',
      '--data',
      join(root, 'two'),
      '--trace',
      trace,
    );

    expect(code).toBe(1);
    expect(stderr).toContain('TraceError: bad.csv line 3');
  });
});

describe('an empty folder', () => {
  it.concurrent.each<[string, readonly string[], unknown]>([
    ['meter', [], expect.objectContaining({ tied: true, windows: 0, checkpoint: null })],
    [
      'report',
      [],
      { rows: [], totals: expect.objectContaining({ calls: 0, input: 0, cost: '0', unpriced: 0 }) },
    ],
    ['query', ['SELECT count(*) AS calls FROM usage'], { rows: [{ calls: 0 }] }],
  ])('is enough for %s, which makes what it needs', async (name, args, expected) => {
    const empty = mkdtempSync(join(root, 'empty-'));

    const { code, stdout } = await tollbook(name, '--data', empty, ...args, '--json');

    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual(expected);
    expect(readdirSync(empty)).toEqual(
      expect.arrayContaining(['checkpoints', 'journal', 'keys', 'lake', 'trust.json']),
    );
  });
});
