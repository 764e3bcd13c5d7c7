import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { lstat, open, opendir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
// As a namespace: Node before 22.15 has no Zstandard, and must live to say so.
import * as zlib from 'node:zlib';
import { LedgerFileError } from '../../../domain/ledger/ledger-files.ts';
import type { LedgerEntry, LedgerFiles } from '../../../domain/ledger/ledger-files.ts';
import {
  PARQUET_TAIL_BYTES,
  ParquetFooterError,
  parquetFooterLength,
  parquetFooterRows,
} from '../../node/parquet-footer.ts';

const CHUNK_BYTES = 2 ** 20;
/** An archive up to this size, and up to this content, is decompressed at once. */
const SMALL_ARCHIVE_BYTES = 2 ** 18;
const SMALL_CONTENT_BYTES = 2 ** 24;
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
    const isContent =
      error instanceof ParquetFooterError ||
      code.startsWith('Z') ||
      code === 'ERR_BUFFER_TOO_LARGE';
    const reason = isContent ? 'malformed' : 'unreadable';
    throw new LedgerFileError(reason, message.replaceAll('\n', ' '), { cause: error });
  }
}

async function sha256Of(file: string): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of chunksOf(file)) digest.update(chunk);
  return digest.digest('hex');
}

/** Each chunk is good until the next: small files need no more than their size, large ones 1 MiB. */
async function* chunksOf(file: string): AsyncGenerator<Uint8Array> {
  const handle = await open(file);
  try {
    const { size } = await handle.stat();
    const buffer = Buffer.allocUnsafe(Math.min(Math.max(size, 1), CHUNK_BYTES));
    for (;;) {
      const { bytesRead } = await handle.read(buffer, 0, buffer.length, null);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
    }
  } finally {
    await handle.close();
  }
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
  const counter = new LineCounter();
  if (!file.endsWith('.zst')) {
    for await (const chunk of chunksOf(file)) counter.add(chunk);
    return counter.lines();
  }
  const { size } = await lstat(file);
  const small = size <= SMALL_ARCHIVE_BYTES ? smallArchive(await readFile(file)) : null;
  if (small !== null) {
    counter.add(small.buffer);
    expectOneFrame(small.engine.bytesWritten, size);
  } else {
    const decompress = zlib.createZstdDecompress();
    await pipeline(createReadStream(file), decompress, async (chunks) => {
      for await (const chunk of chunks as AsyncIterable<Uint8Array>) counter.add(chunk);
    });
    expectOneFrame(decompress.bytesWritten, size);
  }
  return counter.lines();
}

interface Decompressed {
  readonly buffer: Uint8Array;
  /** `bytesWritten`: how much of the archive was taken in. */
  readonly engine: { readonly bytesWritten: number };
}

/**
 * The content of an archive that is small before and after; null if it is not. A stream costs as
 * much as decompressing some hundred kB, and most windows are smaller than that.
 */
function smallArchive(archive: Uint8Array): Decompressed | null {
  const options = { maxOutputLength: SMALL_CONTENT_BYTES, info: true };
  try {
    // The types do not know what `info` returns.
    return zlib.zstdDecompressSync(archive, options) as unknown as Decompressed;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE') return null;
    throw error;
  }
}

/** Node stops at the end of the first frame without a word; other readers go on. */
function expectOneFrame(taken: number, size: number): void {
  if (taken === size) return;
  const message = `got ${size - taken} bytes behind the first Zstandard frame, expected none`;
  throw new LedgerFileError('malformed', message);
}

class LineCounter {
  #lines = 0;
  #last = LINE_FEED;

  add(chunk: Uint8Array): void {
    for (let at = chunk.indexOf(LINE_FEED); at >= 0; at = chunk.indexOf(LINE_FEED, at + 1)) {
      this.#lines += 1;
    }
    this.#last = chunk.at(-1) ?? this.#last;
  }

  lines(): number {
    if (this.#last !== LINE_FEED) {
      throw new LedgerFileError('malformed', 'got a last line without line feed, expected one');
    }
    return this.#lines;
  }
}
