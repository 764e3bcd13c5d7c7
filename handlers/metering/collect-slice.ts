import * as z from 'zod/mini';
import { formatInstant } from '../../domain/instant.ts';
import type { QueryEvidence } from '../../domain/ledger/manifest.ts';
import type { Codec, LogQuery, ObjectStore } from '../ports.ts';
import { readPacked } from './read-rows.ts';
import { encodeSlice } from './slice-archive.ts';
import { parseInput, slice, windowStart } from '../step-input.ts';
import { workFolder } from './work-folder.ts';

const CollectSliceInput = z.strictObject({ start: windowStart, slice, queryId: z.string() });

export interface CollectSliceOutput {
  /** Archive of the slice's lines; null if it has none. */
  readonly key: string | null;
  readonly rows: number;
  readonly query: QueryEvidence;
}

interface CollectSlicePorts {
  readonly logs: LogQuery;
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/**
 * State `CollectSlice`: all pages of a complete slice, sorted, into the archive.
 *
 * @throws LogQueryFailed unless rows = matched and no stored line came twice.
 */
export function createCollectSlice({ logs, objects, codec }: CollectSlicePorts) {
  return async function collectSlice(input: unknown): Promise<CollectSliceOutput> {
    const { start: window, slice: part, queryId } = parseInput(CollectSliceInput, input);
    const { status, statistics } = await logs.poll(queryId);
    const { pages, rows, lines } = await readPacked(logs, queryId, statistics.matched);
    const query: QueryEvidence = {
      query_id: queryId,
      start: formatInstant(part.fromS * 1000),
      end: formatInstant(part.toS * 1000),
      status,
      ...statistics,
      pages,
    };
    if (rows === 0) return { key: null, rows, query };
    const bytes = encodeSlice(codec, lines);
    const key = `${workFolder(window)}/slice-${codec.sha256(bytes)}.frames`;
    await objects.putOnce(key, bytes);
    return { key, rows, query };
  };
}
