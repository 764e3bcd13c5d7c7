import { afterAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import type { LedgerEntry } from '../../../../domain/ledger/ledger-files.ts';
import { ledgerFolder } from '../../../../runtime/local/ledger/ledger-folder.ts';
import { sha256 } from '../../../ledger/build-ledger.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-folder-'));
const files = ledgerFolder(root);
const put = (path: string, bytes: Uint8Array | string) => {
  writeFileSync(join(root, path), bytes);
};
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** More than is decompressed at once. */
const MUCH = zstdCompressSync(randomBytes(300_000).toString('base64') + '\n');

function parquetOf(rows: number): Uint8Array {
  const data = Array.from({ length: rows }, (_, row) => BigInt(row));
  const names = data.map(String);
  const buffer = parquetWriteBuffer({
    columnData: [
      { name: 'quantity', data, type: 'INT64' },
      { name: 'name', data: names, type: 'STRING' },
    ],
    kvMetadata: [{ key: 'note', value: 'x'.repeat(300) }],
    rowGroupSize: 1000,
  });
  return new Uint8Array(buffer);
}

describe('a lake in a folder', () => {
  it('lists files and links, follows none, and skips work/', async () => {
    for (const folder of ['data/usage', 'work']) mkdirSync(join(root, folder), { recursive: true });
    put('data/usage/a', 'abc');
    put('work/b', 'x');
    symlinkSync(join(root, 'work'), join(root, 'data/link'));

    const listed: LedgerEntry[] = [];
    for await (const entry of files.list()) listed.push(entry);
    expect(listed.sort((a, b) => (a.path < b.path ? -1 : 1))).toEqual([
      { path: 'data/link', kind: 'symlink', bytes: 0 },
      { path: 'data/usage/a', kind: 'file', bytes: 3 },
    ]);
  });

  it('digests more than fits in one chunk', async () => {
    const bytes = Buffer.alloc(3_000_001, 'tollbook');
    put('large', bytes);

    expect(await files.sha256('large')).toBe(sha256(bytes));
  });

  it.each([0, 1, 7, 300_000])('counts %i lines of an archive', async (lines) => {
    const text = Array.from({ length: lines }, (_, line) => `{"line":${line}}\n`).join('');
    put('lines.ndjson.zst', zstdCompressSync(text));
    put('lines.ndjson', text);

    expect(await files.inputRows('lines.ndjson.zst')).toBe(lines);
    expect(await files.inputRows('lines.ndjson')).toBe(lines);
  });

  it('counts an archive too large to take at once', async () => {
    put('much.ndjson.zst', MUCH);

    expect(await files.inputRows('much.ndjson.zst')).toBe(1);
  });

  it('counts an archive that is small only while compressed', async () => {
    put('bomb.ndjson.zst', zstdCompressSync('\n'.repeat(20_000_000)));

    expect(await files.inputRows('bomb.ndjson.zst')).toBe(20_000_000);
  });

  it.each([
    ['an unfinished last line', zstdCompressSync('{}\n{')],
    ['a second frame', Buffer.concat([zstdCompressSync('{}\n'), zstdCompressSync('{}\n')])],
    ['a second frame behind much', Buffer.concat([MUCH, zstdCompressSync('{}\n')])],
    ['a cut archive', zstdCompressSync('{}\n'.repeat(1000)).subarray(0, 15)],
    ['no archive', Buffer.from('{}\n')],
  ])('calls %s malformed', async (_, bytes) => {
    put('bad.ndjson.zst', bytes);

    await expect(files.inputRows('bad.ndjson.zst')).rejects.toMatchObject({ reason: 'malformed' });
  });

  it('calls what it cannot open unreadable', async () => {
    for (const read of ['read', 'sha256', 'parquetRows', 'inputRows'] as const) {
      await expect(files[read]('nowhere')).rejects.toMatchObject({
        name: 'LedgerFileError',
        reason: 'unreadable',
      });
    }
  });
});

describe('the footer of a Parquet file', () => {
  it.each([1, 2, 999, 1000, 12_345])('says that it holds %i rows', async (rows) => {
    put('table.parquet', parquetOf(rows));

    expect(await files.parquetRows('table.parquet')).toBe(rows);
  });

  it('is refused when any byte at the end is missing', async () => {
    const bytes = parquetOf(3);
    for (let cut = 1; cut < 40; cut += 1) {
      put('cut.parquet', bytes.subarray(0, bytes.length - cut));
      await expect(files.parquetRows('cut.parquet')).rejects.toMatchObject({ reason: 'malformed' });
    }
  });

  it('is read or refused, whatever its bytes: it never hangs or reads beyond', async () => {
    const bytes = parquetOf(3);
    const change = fc.record({ back: fc.nat(200), value: fc.nat(255) });
    await fc.assert(
      fc.asyncProperty(fc.array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
        const changed = bytes.slice();
        for (const { back, value } of changes) changed[changed.length - 1 - back] = value;
        put('fuzzed.parquet', changed);
        const rows = await files.parquetRows('fuzzed.parquet').catch((error: unknown) => error);
        if (typeof rows !== 'number') expect(rows).toMatchObject({ reason: 'malformed' });
      }),
      { numRuns: 300 },
    );
    expect(readFileSync(join(root, 'fuzzed.parquet'))).toHaveLength(bytes.length);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['only the magic', Buffer.from('PAR1')],
    ['a footer longer than the file', Buffer.from('PAR1\xff\xff\xff\x7fPAR1', 'latin1')],
    ['a footer of no bytes', Buffer.from('PAR1\0\0\0\0PAR1')],
    ['a footer without a count', Buffer.from('PAR1\0\x01\0\0\0PAR1')],
    ['bytes behind the footer', Buffer.from('PAR1\x36\x06\0\0\x04\0\0\0PAR1')],
    ['a negative count', Buffer.from('PAR1\x36\x05\0\x03\0\0\0PAR1')],
    [
      'a list of 2^40 booleans',
      Buffer.from('PAR119\xf1\x80\x80\x80\x80\x80\x20\0\x09\0\0\0PAR1', 'latin1'),
    ],
  ])('is refused with %s', async (_, bytes) => {
    put('odd.parquet', bytes);

    await expect(files.parquetRows('odd.parquet')).rejects.toMatchObject({ reason: 'malformed' });
  });
});
