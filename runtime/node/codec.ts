import { createHash, hash } from 'node:crypto';
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codec, LineCompressor, LineDigest } from '../../handlers/ports.ts';
import { mostBytes, writeText } from './write-text.ts';

// Archives are read back once or never, and written for every line: the fastest level is right.
const LEVEL = 1;
/** More than this from one object is not ours: a bomb must not take the process down. */
const LARGEST_BYTES = 2 ** 31;

/** Archives are many megabytes: Node's default of 16 kB would make thousands of pieces. */
const CHUNK_BYTES = 2 ** 18;

const params = { [constants.ZSTD_c_compressionLevel]: LEVEL };
// Below zero zstd looks for less: two thirds of the time, and half as many bytes again.
const quickParams = { [constants.ZSTD_c_compressionLevel]: -3 };

/** Digests and compression by Node's own libraries. */
export const nodeCodec: Codec = {
  sha256: (data) => hash('sha256', data),
  compress: (data) => zstdCompressSync(data, { params, chunkSize: CHUNK_BYTES }),
  compressQuickly: (data) =>
    zstdCompressSync(data, { params: quickParams, chunkSize: CHUNK_BYTES }),
  lineCompressor: () => new ZstdLines(),
  decompress,
  // Node's own decoder of a Buffer is several times as fast as TextDecoder.
  decompressText: (data) => decompress(data).toString('utf8'),
  lineDigest: () => new Sha256Lines(),
};

function decompress(data: Uint8Array): Buffer {
  return zstdDecompressSync(data, { maxOutputLength: LARGEST_BYTES, chunkSize: CHUNK_BYTES * 8 });
}

/** Lines are gathered to so many bytes before they are handed over. */
const GATHERED_BYTES = 2 ** 20;

class ZstdLines implements LineCompressor {
  readonly #stream = createZstdCompress({ params, chunkSize: CHUNK_BYTES });
  readonly #pieces: Buffer[] = [];
  /** Buffers that the stream is done with: a new one for each megabyte would be much to collect. */
  readonly #free: Buffer[] = [];
  readonly #ended: Promise<void>;
  #written = Promise.resolve();
  #buffer: Buffer = Buffer.allocUnsafe(GATHERED_BYTES);
  #size = 0;

  constructor() {
    this.#stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
    this.#ended = new Promise<void>((resolve, reject) => {
      this.#stream.on('end', resolve).on('error', reject);
    });
    // A failure is told to whoever waits for the end; until then nobody need listen.
    this.#ended.catch(() => undefined);
  }

  /** Every piece but the last is as long as the next: what is written follows from the lines alone. */
  add(lines: Uint8Array): void {
    for (let from = 0; from < lines.length;) {
      const part = lines.subarray(from, from + GATHERED_BYTES - this.#size);
      this.#buffer.set(part, this.#size);
      this.#size += part.length;
      from += part.length;
      if (this.#size === GATHERED_BYTES) this.#write();
    }
  }

  #write(): void {
    const buffer = this.#buffer;
    const gathered = buffer.subarray(0, this.#size);
    this.#written = new Promise((resolve) => {
      this.#stream.write(gathered, () => {
        this.#free.push(buffer);
        resolve();
      });
    });
    this.#buffer = this.#free.pop() ?? Buffer.allocUnsafe(GATHERED_BYTES);
    this.#size = 0;
  }

  ready(): Promise<void> {
    if (!this.#stream.writableNeedDrain) return Promise.resolve();
    return Promise.race([this.#ended, this.#written]);
  }

  async end(): Promise<Uint8Array> {
    if (this.#size > 0) this.#write();
    // Ended while bytes still wait, the stream would end the frame with them, and otherwise not: the
    // archive's bytes must not depend on who was faster.
    await Promise.race([this.#ended, this.#written]);
    this.#stream.end();
    await this.#ended;
    return Buffer.concat(this.#pieces);
  }
}

const DIGEST_BYTES = 2 ** 16;
const LF = 0x0a;

class Sha256Lines implements LineDigest {
  readonly #sha256 = createHash('sha256');
  readonly #buffer = Buffer.allocUnsafe(DIGEST_BYTES);
  #size = 0;

  add(text: string): void {
    if (this.#size + mostBytes(text) >= DIGEST_BYTES) this.#flush();
    if (mostBytes(text) >= DIGEST_BYTES) {
      this.#sha256.update(`${text}\n`, 'utf8');
      return;
    }
    this.#size += writeText(this.#buffer, text, this.#size);
    this.#buffer[this.#size] = LF;
    this.#size += 1;
  }

  #flush(): void {
    this.#sha256.update(this.#buffer.subarray(0, this.#size));
    this.#size = 0;
  }

  sha256(): string {
    this.#flush();
    return this.#sha256.digest('hex');
  }
}

/** sha256 hex over several chunks, for what does not fit in memory. */
export async function sha256OfChunks(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const sha256 = createHash('sha256');
  for await (const chunk of chunks) sha256.update(chunk);
  return sha256.digest('hex');
}
