import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
// As a namespace: Node before 22.15 has no Zstandard, and must live to say so.
import * as zlib from 'node:zlib';
import { LedgerFileError } from '../../domain/ledger/ledger-files.ts';
import type { LedgerEntry, LedgerFiles } from '../../domain/ledger/ledger-files.ts';
import {
  PARQUET_TAIL_BYTES,
  ParquetFooterError,
  parquetFooterLength,
  parquetFooterRows,
} from '../node/parquet-footer.ts';

const CHUNK_BYTES = 2 ** 20;
const LINE_FEED = 0x0a;

/** Where runs keep what is not evidence. */
const SCRATCH = 'work';

/** Can this Node read the archives? */
export function canReadZstd(): boolean {
  return typeof (zlib as Partial<typeof zlib>).createZstdDecompress === 'function';
}

/** The lake in a folder, for reading. */
export function ledgerFolder(root: string): LedgerFiles {
  const full = (path: string) => join(root, path);
  return {
    list: () => walk(root, ''),
    read: (path) => readable(async () => new Uint8Array(await readFile(full(path)))),
    sha256: (path) => readable(() => sha256Of(full(path))),
    parquetRows: (path) => readable(() => parquetRowsOf(full(path))),
    inputRows: (path) => readable(() => linesOf(full(path))),
  };
}

async function* walk(root: string, folder: string): AsyncGenerator<LedgerEntry> {
  for await (const item of await opendir(join(root, folder))) {
    const path = folder === '' ? item.name : `${folder}/${item.name}`;
    if (path === SCRATCH) continue;
    if (item.isDirectory()) {
      yield* walk(root, path);
    } else if (item.isFile()) {
      yield { path, kind: 'file', bytes: (await lstat(join(root, path))).size };
    } else {
      yield { path, kind: item.isSymbolicLink() ? 'symlink' : 'other', bytes: 0 };
    }
  }
}

/** Says whether the world or the file's content is at fault. */
async function readable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LedgerFileError) throw error;
    const message = error instanceof Error ? error.message : String(error);
    const { code = '' } = error as NodeJS.ErrnoException;
    const isContent = error instanceof ParquetFooterError || code.startsWith('Z');
    const reason = isContent ? 'malformed' : 'unreadable';
    throw new LedgerFileError(reason, message.replaceAll('\n', ' '), { cause: error });
  }
}

async function sha256Of(file: string): Promise<string> {
  const digest = createHash('sha256');
  await pipeline(createReadStream(file, { highWaterMark: CHUNK_BYTES }), digest);
  return digest.digest('hex');
}

async function parquetRowsOf(file: string): Promise<number> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const readAt = async (length: number, position: number) => {
      const { bytesRead, buffer } = await handle.read(Buffer.alloc(length), 0, length, position);
      return new Uint8Array(buffer.subarray(0, bytesRead));
    };
    const tailAt = Math.max(0, size - PARQUET_TAIL_BYTES);
    const length = parquetFooterLength(await readAt(PARQUET_TAIL_BYTES, tailAt), size);
    return parquetFooterRows(await readAt(length, tailAt - length));
  } finally {
    await handle.close();
  }
}

async function linesOf(file: string): Promise<number> {
  const compressed = createReadStream(file, { highWaterMark: CHUNK_BYTES });
  let lines = 0;
  let last = LINE_FEED;
  const count = async (chunks: AsyncIterable<Uint8Array>) => {
    for await (const chunk of chunks) {
      for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
        lines += 1;
      }
      last = chunk.at(-1) ?? last;
    }
  };
  if (file.endsWith('.zst')) {
    await pipeline(compressed, zlib.createZstdDecompress({ chunkSize: CHUNK_BYTES }), count);
  } else {
    await pipeline(compressed, count);
  }
  if (last !== LINE_FEED) {
    throw new LedgerFileError('malformed', 'got a last line without line feed, expected one');
  }
  return lines;
}
