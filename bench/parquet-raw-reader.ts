import { zstdDecompressSync } from 'node:zlib';
import { parquetReadObjects } from 'hyparquet';
import type { AsyncBuffer } from 'hyparquet';

/** Bytes as hyparquet wants them. */
export function asyncBufferFrom(bytes: Uint8Array): AsyncBuffer {
  const whole = new Uint8Array(bytes).buffer;
  return { byteLength: whole.byteLength, slice: (start, end) => whole.slice(start, end) };
}

/** Rows of a small file by the reader that belongs to our writer. */
export function rawRows(file: AsyncBuffer): Promise<Record<string, unknown>[]> {
  return parquetReadObjects({
    file,
    compressors: { ZSTD: (bytes) => zstdDecompressSync(bytes) },
  });
}
