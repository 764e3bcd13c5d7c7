import { createHash, hash } from 'node:crypto';
import { constants, createZstdCompress, zstdCompressSync, zstdDecompressSync } from 'node:zlib';
import type { Codec, LineCompressor, LineDigest } from '../../handlers/ports.ts';

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
/** Most bytes of a UTF-16 unit in UTF-8. */
const UNIT_BYTES = 3;

const LF = 0x0a;

/** Gathers lines as UTF-8. */
class Gatherer {
  readonly #bytes: number;
  readonly #take: Take;
  #buffer: Buffer;
  #size = 0;

  constructor(bytes: number, take: Take) {
    this.#bytes = bytes;
    this.#take = take;
    this.#buffer = Buffer.allocUnsafe(bytes);
  }

  flush(): void {
    if (this.#size > 0) {
      this.#buffer = this.#take(this.#buffer.subarray(0, this.#size), this.#buffer);
    }
    this.#size = 0;
  }

  add(text: string): void {
    const most = text.length * UNIT_BYTES + 1;
    if (this.#size + most > this.#bytes) this.flush();
    if (most > this.#bytes) {
      this.#take(Buffer.from(`${text}\n`, 'utf8'), this.#buffer);
      return;
    }
    this.#size += this.#buffer.write(text, this.#size, 'utf8');
    this.#buffer[this.#size] = LF;
    this.#size += 1;
  }
}

/** Gets what was gathered, and gives the buffer to go on with. */
type Take = (gathered: Buffer, buffer: Buffer) => Buffer;

class ZstdLines implements LineCompressor {
  readonly #stream = createZstdCompress({ params, chunkSize: CHUNK_BYTES });
  readonly #pieces: Buffer[] = [];
  /** Buffers that the stream is done with: a new one for each megabyte would be much to collect. */
  readonly #free: Buffer[] = [];
  readonly #ended: Promise<void>;
  #written = Promise.resolve();
  readonly #gatherer = new Gatherer(GATHERED_BYTES, (gathered, buffer) =>
    this.#write(gathered, buffer),
  );

  constructor() {
    this.#stream.on('data', (piece: Buffer) => this.#pieces.push(piece));
    this.#ended = new Promise<void>((resolve, reject) => {
      this.#stream.on('end', resolve).on('error', reject);
    });
    // A failure is told to whoever waits for the end; until then nobody need listen.
    this.#ended.catch(() => undefined);
  }

  add(text: string): void {
    this.#gatherer.add(text);
  }

  #write(gathered: Buffer, buffer: Buffer): Buffer {
    const isOwn = gathered.buffer !== buffer.buffer;
    this.#written = new Promise((resolve) => {
      this.#stream.write(gathered, () => {
        if (!isOwn) this.#free.push(buffer);
        resolve();
      });
    });
    return isOwn ? buffer : (this.#free.pop() ?? Buffer.allocUnsafe(GATHERED_BYTES));
  }

  ready(): Promise<void> {
    if (!this.#stream.writableNeedDrain) return Promise.resolve();
    return Promise.race([this.#ended, this.#written]);
  }

  async end(): Promise<Uint8Array> {
    this.#gatherer.flush();
    // Ended while bytes still wait, the stream would end the frame with them, and otherwise not: the
    // archive's bytes must not depend on who was faster.
    await Promise.race([this.#ended, this.#written]);
    this.#stream.end();
    await this.#ended;
    return Buffer.concat(this.#pieces);
  }
}

const DIGEST_BYTES = 2 ** 16;

class Sha256Lines implements LineDigest {
  readonly #sha256 = createHash('sha256');
  readonly #gatherer = new Gatherer(DIGEST_BYTES, (gathered, buffer) => {
    this.#sha256.update(gathered);
    return buffer;
  });

  add(text: string): void {
    this.#gatherer.add(text);
  }

  sha256(): string {
    this.#gatherer.flush();
    return this.#sha256.digest('hex');
  }
}

/** sha256 hex over several chunks, for what does not fit in memory. */
export async function sha256OfChunks(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const sha256 = createHash('sha256');
  for await (const chunk of chunks) sha256.update(chunk);
  return sha256.digest('hex');
}
