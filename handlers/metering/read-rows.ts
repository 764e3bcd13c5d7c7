import { packLines } from '../../domain/line-batch.ts';
import type { LoggedLine, PackedLines } from '../../domain/packed-lines.ts';
import { LogQueryFailed } from '../ports.ts';
import type { LogQuery, PackedPage, QueryPage } from '../ports.ts';

/**
 * Reads all pages of a complete answer.
 *
 * @throws LogQueryFailed unless rows = matched and no stored line came twice: a lost page, or a page
 * given twice, is found here.
 */
export async function readRows(
  logs: Pick<LogQuery, 'page'>,
  queryId: string,
  matched: number,
): Promise<readonly LoggedLine[]> {
  const lines: LoggedLine[] = [];
  const seen = new Set<string>();
  let token: string | null = null;
  do {
    const page: QueryPage = await logs.page(queryId, token);
    for (const { message, timestampMs, ptr } of page.rows) {
      lines.push({ text: message, emittedMs: timestampMs });
      seen.add(ptr);
    }
    token = page.nextToken;
  } while (token !== null);
  checkWhole(queryId, matched, { rows: lines.length, different: seen.size });
  return lines;
}

/** All lines of an answer. */
export interface PackedAnswer {
  readonly pages: number;
  readonly rows: number;
  readonly lines: readonly PackedLines[];
}

/** As `readRows`, a page at a time, and without a text per line where the log can do that. */
export async function readPacked(
  logs: Pick<LogQuery, 'page' | 'packedPage'>,
  queryId: string,
  matched: number,
): Promise<PackedAnswer> {
  const pages: PackedPage[] = [];
  const pack = createPacker();
  let token: string | null = null;
  do {
    const page: PackedPage = logs.packedPage
      ? await logs.packedPage(queryId, token)
      : pack(await logs.page(queryId, token));
    pages.push(page);
    token = page.nextToken;
  } while (token !== null);
  const lines = pages.flatMap((page) => page.lines);
  const rows = lines.reduce((sum, { count }) => sum + count, 0);
  checkWhole(queryId, matched, { rows, different: differentPlaces(pages) });
  return { pages: pages.length, rows, lines };
}

/** Packs the pages of one answer; a line that came before has the place that it had then. */
function createPacker() {
  const places = new Map<string, number>();

  function placeOf(ptr: string): number {
    const known = places.get(ptr);
    if (known !== undefined) return known;
    places.set(ptr, places.size);
    return places.size - 1;
  }

  return ({ rows, nextToken }: QueryPage): PackedPage => {
    const lines = rows.map(({ message, timestampMs }) => ({
      text: message,
      emittedMs: timestampMs,
    }));
    return {
      lines: [packLines(lines)],
      places: Float64Array.from(rows, ({ ptr }) => placeOf(ptr)),
      nextToken,
    };
  };
}

/** How many stored lines the pages hold; a log that was written in order needs no table for it. */
function differentPlaces(pages: readonly PackedPage[]): number {
  let [count, last] = [0, -Infinity];
  let ascending = true;
  for (const { places } of pages) {
    for (const place of places) {
      if (place <= last) ascending = false;
      last = place;
      count += 1;
    }
  }
  if (ascending) return count;
  const seen = new Set<number>();
  for (const { places } of pages) for (const place of places) seen.add(place);
  return seen.size;
}

function checkWhole(
  queryId: string,
  matched: number,
  got: { readonly rows: number; readonly different: number },
): void {
  if (got.rows === matched && got.different === matched) return;
  throw new LogQueryFailed(
    `rows of ${queryId}: got ${got.rows}, ${got.different} of them different, expected ${matched}`,
  );
}
