import type { LoggedLine } from '../domain/accept-lines.ts';
import { LogQueryFailed } from './ports.ts';
import type { LogQuery, QueryPage } from './ports.ts';

/** Every line of a complete answer. */
export interface AllRows {
  readonly lines: readonly LoggedLine[];
  readonly pages: number;
}

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
): Promise<AllRows> {
  const lines: LoggedLine[] = [];
  const seen = new Set<string>();
  let pages = 0;
  let token: string | null = null;
  do {
    const page: QueryPage = await logs.page(queryId, token);
    for (const { message, timestampMs, ptr } of page.rows) {
      lines.push({ text: message, emittedMs: timestampMs });
      seen.add(ptr);
    }
    pages += 1;
    token = page.nextToken;
  } while (token !== null);
  if (lines.length === matched && seen.size === matched) return { lines, pages };
  throw new LogQueryFailed(
    `rows of ${queryId}: got ${lines.length}, ${seen.size} of them different, expected ${matched}`,
  );
}
