import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parquetMetadata } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { TABLES } from '../../../domain/lake.ts';
import {
  ParquetFooterError,
  parquetFooterLength,
  parquetFooterRows,
  parquetRowCount,
} from '../../../runtime/node/parquet-footer.ts';
import { parquetTables } from '../../../runtime/node/parquet-tables.ts';
import { arrayBufferOf } from './parquet-readers.ts';
import { edgeRows } from './table-rows.ts';

const rowsByLibrary = (bytes: Uint8Array) => Number(parquetMetadata(arrayBufferOf(bytes)).num_rows);

function fileOf(rows: number, note = ''): Uint8Array {
  const data = Array.from({ length: rows }, (_, row) => BigInt(row));
  return new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'quantity', data, type: 'INT64' },
        { name: 'is_odd', data: data.map((value) => value % 2n === 1n), type: 'BOOLEAN' },
        { name: 'ratio', data: data.map((value) => Number(value) / 3), type: 'DOUBLE' },
      ],
      kvMetadata: [{ key: 'note', value: note }],
      rowGroupSize: 100,
    }),
  );
}

describe('the rows that a footer claims', () => {
  it('are those that a Parquet library reads', () => {
    fc.assert(
      fc.property(fc.nat(400), fc.string({ maxLength: 300 }), (rows, note) => {
        const file = fileOf(rows, note);
        expect(parquetRowCount(file)).toBe(rows);
        expect(rowsByLibrary(file)).toBe(rows);
      }),
      { numRuns: 50 },
    );
  });

  it.each(TABLES.map((schema) => [schema.name, schema] as const))(
    'of %s are those that were written',
    async (_, schema) => {
      const rows = edgeRows(schema);
      const file = await parquetTables.encode(schema, rows);

      expect([parquetRowCount(file), rowsByLibrary(file)]).toEqual([rows.length, rows.length]);
    },
  );

  it('are read from a view into a larger buffer', () => {
    const file = fileOf(5);
    const larger = Buffer.concat([Buffer.alloc(13, 1), file, Buffer.alloc(7, 2)]);

    expect(parquetRowCount(larger.subarray(13, 13 + file.length))).toBe(5);
  });
});

describe('a file that is not whole', () => {
  it('is refused when it is cut anywhere in its last 200 bytes', () => {
    const file = fileOf(5);

    for (let cut = 1; cut < 200; cut += 1) {
      expect(() => parquetRowCount(file.subarray(0, -cut))).toThrow(ParquetFooterError);
    }
  });

  it.each([
    ['nothing', new Uint8Array()],
    ['only its magic', Buffer.from('PAR1')],
    ['only zeros', new Uint8Array(100)],
    [
      'a footer of no bytes',
      Buffer.concat([Buffer.from('PAR1'), Buffer.alloc(4), Buffer.from('PAR1')]),
    ],
    ['an encrypted footer', Buffer.concat([fileOf(1).subarray(0, -4), Buffer.from('PARE')])],
  ])('is refused: %s', (_, file) => {
    expect(() => parquetRowCount(file)).toThrow(ParquetFooterError);
  });

  it('is refused when its footer would be longer than the file', () => {
    const tail = Buffer.concat([Buffer.of(0xff, 0xff, 0xff, 0xff), Buffer.from('PAR1')]);

    expect(() => parquetFooterLength(tail, 1000)).toThrow(/expected 1 to 988/);
  });

  it('ends in a refusal or a count, whatever its footer is, and soon', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), (footer) => {
        let rows: number | undefined;
        try {
          rows = parquetFooterRows(footer);
        } catch (error) {
          expect(error).toBeInstanceOf(ParquetFooterError);
        }
        if (rows !== undefined) expect(Number.isSafeInteger(rows) && rows >= 0).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('is refused when a list claims more members than there are bytes', () => {
    // Field 1 is a list (type 9) of 2^31 - 1 i32 (type 5): f5, then the size as a varint.
    const footer = Uint8Array.of(0x19, 0xf5, 0xff, 0xff, 0xff, 0xff, 0x07);

    expect(() => parquetFooterRows(footer)).toThrow(ParquetFooterError);
  });

  it('is refused when its footer is nested without end', () => {
    // Field 1 is a struct (type 12) whose field 1 is a struct whose field 1 …
    expect(() => parquetFooterRows(new Uint8Array(100_000).fill(0x1c))).toThrow(ParquetFooterError);
  });
});
