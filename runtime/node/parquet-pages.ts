import { constants, zstdCompressSync } from 'node:zlib';
import type { ColumnChunk, ColumnMetaData, Encoding, SchemaElement } from 'hyparquet';
import { ByteWriter } from 'hyparquet-writer';
import { writePageHeader } from 'hyparquet-writer/src/datapage.js';
import { writeRleBitPackedHybrid } from 'hyparquet-writer/src/encoding.js';
import type { ColumnValues } from './parquet-columns.ts';

/**
 * Pages of a column chunk, their values encoded already: one dictionary page where values repeat, and
 * one data page, as a row group is small. Headers and runs are the library's.
 */

/** The fastest: ids and figures hold little that a longer search would find, and come out smaller. */
const ZSTD_LEVEL = 1;

/** Appends a column chunk and describes it for the footer. */
export function writeChunk(
  bytes: ByteWriter,
  element: SchemaElement,
  values: ColumnValues,
): ColumnChunk {
  const start = bytes.offset;
  const { indexes, rows, nulls, min, max } = values;
  const dictionaryBytes = indexes ? writeDictionary(bytes, values) : 0;
  const dataStart = bytes.offset;
  const encoding: Encoding = indexes ? 'RLE_DICTIONARY' : 'PLAIN';
  const dataBytes = writeData(bytes, values, encoding);
  const pages: ColumnMetaData['encoding_stats'] = [
    ...(indexes ? [{ page_type: 'DICTIONARY_PAGE', encoding: 'PLAIN', count: 1 } as const] : []),
    { page_type: 'DATA_PAGE_V2', encoding, count: 1 },
  ];
  return {
    file_offset: BigInt(start),
    meta_data: {
      type: element.type ?? 'BYTE_ARRAY',
      encodings: indexes ? ['PLAIN', encoding] : [encoding],
      path_in_schema: [element.name],
      codec: 'ZSTD',
      num_values: BigInt(rows),
      total_compressed_size: BigInt(bytes.offset - start),
      total_uncompressed_size: BigInt(dictionaryBytes + dataBytes),
      data_page_offset: BigInt(dataStart),
      ...(indexes && { dictionary_page_offset: BigInt(start) }),
      statistics: {
        null_count: BigInt(nulls),
        ...(min !== undefined && { min_value: min }),
        ...(max !== undefined && { max_value: max }),
      },
      encoding_stats: pages,
    },
  };
}

/** @returns bytes of the page before compression, its header included. */
function writeDictionary(bytes: ByteWriter, { plain, distinct }: ColumnValues): number {
  const packed = compress(plain);
  const start = bytes.offset;
  writePageHeader(bytes, {
    type: 'DICTIONARY_PAGE',
    uncompressed_page_size: plain.length,
    compressed_page_size: packed.length,
    dictionary_page_header: { num_values: distinct, encoding: 'PLAIN' },
  });
  const header = bytes.offset - start;
  bytes.appendBytes(packed);
  return header + plain.length;
}

/** @returns bytes of the page before compression, its header included. */
function writeData(bytes: ByteWriter, values: ColumnValues, encoding: Encoding): number {
  const { plain, distinct, indexes, levels, rows, nulls } = values;
  const levelBytes = levels ? runsOf(levels, 1) : new Uint8Array();
  const page = indexes ? indexPage(indexes, distinct) : plain;
  const packed = compress(page);
  const start = bytes.offset;
  writePageHeader(bytes, {
    type: 'DATA_PAGE_V2',
    uncompressed_page_size: levelBytes.length + page.length,
    compressed_page_size: levelBytes.length + packed.length,
    data_page_header_v2: {
      ...{ num_values: rows, num_nulls: nulls, num_rows: rows, encoding },
      definition_levels_byte_length: levelBytes.length,
      repetition_levels_byte_length: 0,
      is_compressed: true,
    },
  });
  const header = bytes.offset - start;
  bytes.appendBytes(levelBytes);
  bytes.appendBytes(packed);
  return header + levelBytes.length + page.length;
}

/** Indexes into the dictionary behind the width of one. */
function indexPage(indexes: Int32Array, distinct: number): Uint8Array {
  const width = Math.ceil(Math.log2(distinct));
  const page = new ByteWriter(indexes.length);
  page.appendUint8(width);
  writeRleBitPackedHybrid(page, indexes, width);
  return page.getBytes();
}

function runsOf(levels: Uint8Array, width: number): Uint8Array {
  const runs = new ByteWriter();
  writeRleBitPackedHybrid(runs, levels, width);
  return runs.getBytes();
}

function compress(page: Uint8Array): Uint8Array {
  return zstdCompressSync(page, { params: { [constants.ZSTD_c_compressionLevel]: ZSTD_LEVEL } });
}
