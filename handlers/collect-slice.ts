import * as z from 'zod/mini';
import type { LoggedLine } from '../domain/accept-lines.ts';
import { formatInstant } from '../domain/instant.ts';
import type { QueryEvidence } from '../domain/ledger/manifest.ts';
import { encodeLines } from '../domain/line-archive.ts';
import { LogQueryFailed } from './ports.ts';
import type { Codec, LogQuery, ObjectStore } from './ports.ts';
import { parseInput, slice, windowStart } from './step-input.ts';
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
 * State `CollectSlice`: all pages of a complete slice, into the archive.
 *
 * @throws LogQueryFailed unless rows = matched and no stored line came twice.
 */
export function createCollectSlice({ logs, objects, codec }: CollectSlicePorts) {
  return async function collectSlice(input: unknown): Promise<CollectSliceOutput> {
    const { start: window, slice: part, queryId } = parseInput(CollectSliceInput, input);
    const { status, statistics } = await logs.poll(queryId);
    const { lines, pages, distinct } = await readPages(logs, queryId);
    const rows = lines.length;
    if (rows !== statistics.matched || distinct !== rows) {
      throw new LogQueryFailed(
        `slice of ${queryId}: got ${rows} rows, ${distinct} of them different, expected ${statistics.matched}`,
      );
    }
    const query: QueryEvidence = {
      query_id: queryId,
      start: formatInstant(part.fromS * 1000),
      end: formatInstant(part.toS * 1000),
      status,
      ...statistics,
      pages,
    };
    if (rows === 0) return { key: null, rows, query };
    const bytes = codec.compress(new TextEncoder().encode(encodeLines(lines)));
    const key = `${workFolder(window)}/slice-${codec.sha256(bytes)}.zst`;
    await objects.putOnce(key, bytes);
    return { key, rows, query };
  };
}

async function readPages(logs: LogQuery, queryId: string) {
  const lines: LoggedLine[] = [];
  const seen = new Set<string>();
  let pages = 0;
  let token: string | null = null;
  do {
    const page: Awaited<ReturnType<LogQuery['page']>> = await logs.page(queryId, token);
    for (const { message, timestampMs, ptr } of page.rows) {
      lines.push({ text: message, emittedMs: timestampMs });
      seen.add(ptr);
    }
    pages += 1;
    token = page.nextToken;
  } while (token !== null);
  return { lines, pages, distinct: seen.size };
}
