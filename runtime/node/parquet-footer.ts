/**
 * Reads one number from a Parquet file's footer without a Parquet library: an auditor's check must
 * not rest on the code that wrote the file. The footer is a struct in Thrift's compact protocol; all
 * of it is walked, so that a broken one is refused.
 */
const MAGIC = 'PAR1';
/** Footer length and magic, at the end of the file. */
export const PARQUET_TAIL_BYTES = 8;

const NUM_ROWS_FIELD = 3;
const DEPTH_MAX = 64;

// Types of Thrift's compact protocol.
const TRUE = 1;
const FALSE = 2;
const BYTE = 3;
const I16 = 4;
const I32 = 5;
const I64 = 6;
const DOUBLE = 7;
const BINARY = 8;
const LIST = 9;
const SET = 10;
const MAP = 11;
const STRUCT = 12;

/** A footer that is not one. */
export class ParquetFooterError extends Error {
  override readonly name = 'ParquetFooterError';
}

/**
 * How long the footer is, from the file's last eight bytes.
 *
 * @throws ParquetFooterError if the magic is not there or the footer would not fit in the file.
 */
export function parquetFooterLength(tail: Uint8Array, fileBytes: number): number {
  const view = new DataView(tail.buffer, tail.byteOffset, tail.byteLength);
  const magic = String.fromCharCode(...tail.subarray(4));
  if (tail.length !== PARQUET_TAIL_BYTES || magic !== MAGIC) {
    throw new ParquetFooterError(`Parquet: got ${JSON.stringify(magic)} at the end, expected PAR1`);
  }
  const length = view.getUint32(0, true);
  const most = fileBytes - PARQUET_TAIL_BYTES - MAGIC.length;
  if (length === 0 || length > most) {
    throw new ParquetFooterError(`Parquet: got a footer of ${length} bytes, expected 1 to ${most}`);
  }
  return length;
}

/**
 * `num_rows` of a footer.
 *
 * @throws ParquetFooterError if the footer is not one whole struct with a row count in it.
 */
export function parquetFooterRows(footer: Uint8Array): number {
  const reader = new CompactReader(footer);
  let rows: number | undefined;
  reader.struct((field, type) => {
    if (field === NUM_ROWS_FIELD && type === I64) rows = reader.integer();
    else reader.skip(type, 0);
  });
  if (!reader.isAtEnd) throw new ParquetFooterError('Parquet: got bytes behind the footer struct');
  if (rows === undefined || !Number.isSafeInteger(rows) || rows < 0) {
    throw new ParquetFooterError(`Parquet: got num_rows ${rows ?? 'nothing'}, expected a count`);
  }
  return rows;
}

class CompactReader {
  readonly #bytes: Uint8Array;
  #at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#at === this.#bytes.length;
  }

  /** Reads a struct up to its stop byte; `onField` must consume each field's value. */
  struct(onField: (field: number, type: number) => void): void {
    let field = 0;
    for (let header = this.#byte(); header !== 0; header = this.#byte()) {
      const delta = header >> 4;
      field = delta === 0 ? this.integer() : field + delta;
      onField(field, header & 0x0f);
    }
  }

  /** A zigzag varint. */
  integer(): number {
    const raw = this.#varint();
    return Number((raw >> 1n) ^ -(raw & 1n));
  }

  skip(type: number, depth: number): void {
    if (depth > DEPTH_MAX) throw new ParquetFooterError(`Parquet: got over ${DEPTH_MAX} levels`);
    if (type === TRUE || type === FALSE) return;
    if (type === I16 || type === I32 || type === I64) this.#varint();
    else if (type === BYTE) this.#advance(1);
    else if (type === DOUBLE) this.#advance(8);
    else if (type === BINARY) this.#advance(Number(this.#varint()));
    else if (type === LIST || type === SET) this.#skipList(depth);
    else if (type === MAP) this.#skipMap(depth);
    else if (type === STRUCT) {
      this.struct((_, member) => {
        this.skip(member, depth + 1);
      });
    } else throw new ParquetFooterError(`Parquet: got Thrift type ${type}, expected 1 to 12`);
  }

  #skipList(depth: number): void {
    const header = this.#byte();
    const size = header >> 4 === 15 ? Number(this.#varint()) : header >> 4;
    this.#skipItems(size, [header & 0x0f], depth);
  }

  #skipMap(depth: number): void {
    const size = Number(this.#varint());
    if (size === 0) return;
    const types = this.#byte();
    this.#skipItems(size, [types >> 4, types & 0x0f], depth);
  }

  #skipItems(size: number, types: readonly number[], depth: number): void {
    for (let item = 0; item < size; item += 1) {
      for (const type of types) {
        // In a field the type is the value of a boolean; in a list each takes a byte.
        if (type === TRUE || type === FALSE) this.#advance(1);
        else this.skip(type, depth + 1);
      }
    }
  }

  #varint(): bigint {
    let value = 0n;
    for (let shift = 0n; shift < 70n; shift += 7n) {
      const byte = this.#byte();
      value |= BigInt(byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
    throw new ParquetFooterError('Parquet: got a number over ten bytes long');
  }

  #byte(): number {
    const byte = this.#bytes[this.#at];
    if (byte === undefined) throw new ParquetFooterError('Parquet: got a footer that ends early');
    this.#at += 1;
    return byte;
  }

  #advance(count: number): void {
    if (count > this.#bytes.length - this.#at) {
      throw new ParquetFooterError('Parquet: got a footer that ends early');
    }
    this.#at += count;
  }
}

/** Rows that a whole file's footer claims. @throws ParquetFooterError if it has no sound footer. */
export function parquetRowCount(file: Uint8Array): number {
  const tailStart = Math.max(0, file.length - PARQUET_TAIL_BYTES);
  const length = parquetFooterLength(file.subarray(tailStart), file.length);
  return parquetFooterRows(file.subarray(tailStart - length, tailStart));
}
