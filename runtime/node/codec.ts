import { createHash, hash } from 'node:crypto';
import { Readable } from 'node:stream';
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codec } from '../../handlers/ports.ts';

// Archives are read back once or never, and written for every line: the fastest level is right.
const LEVEL = 1;
/** More than this from one object is not ours: a bomb must not take the process down. */
const LARGEST_BYTES = 2 ** 31;

/** Archives are many megabytes: Node's default of 16 kB would make thousands of pieces. */
const CHUNK_BYTES = 2 ** 20;

/** Digests and compression by Node's own libraries. */
export const nodeCodec: Codec = {
  sha256: (data) => hash('sha256', data),
  compress: (data) =>
    zstdCompressSync(data, { params: { [constants.ZSTD_c_compressionLevel]: LEVEL } }),
  compressTexts,
  decompress,
  // Node's own decoder of a Buffer is several times as fast as TextDecoder.
  decompressText: (data) => decompress(data).toString('utf8'),
};

function decompress(data: Uint8Array): Buffer {
  return zstdDecompressSync(data, { maxOutputLength: LARGEST_BYTES, chunkSize: CHUNK_BYTES });
}

async function compressTexts(texts: Iterable<string>): Promise<Uint8Array> {
  const stream = createZstdCompress({ params: { [constants.ZSTD_c_compressionLevel]: LEVEL } });
  const source = Readable.from(texts, { objectMode: true });
  source.pipe(stream);
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** sha256 hex over several chunks, for what does not fit in memory. */
export async function sha256OfChunks(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const digest = createHash('sha256');
  for await (const chunk of chunks) digest.update(chunk);
  return digest.digest('hex');
}
