import type { LoggedLine } from './packed-lines.ts';

/**
 * Lines that wait outside of the log, late ones and those that prove a settlement, one a row: emission in
 * ms, then the text as it is, or as a JSON string where it holds a line feed.
 */
const RAW = 'r';
const QUOTED = 'q';
const [RAW_CODE, QUOTED_CODE] = [114, 113];

/** An archive that is not in its form: our own mistake. */
export class LineArchiveError extends Error {
  override readonly name = 'LineArchiveError';
}

/** Writes lines for `decodeLines`. */
export function encodeLines(lines: readonly LoggedLine[]): string {
  const rows = lines.map(({ text, emittedMs }) =>
    text.includes('\n')
      ? `${emittedMs}${QUOTED}${JSON.stringify(text)}\n`
      : `${emittedMs}${RAW}${text}\n`,
  );
  return rows.join('');
}

/** Reads what `encodeLines` wrote. @throws LineArchiveError for anything else. */
export function decodeLines(archive: string): LoggedLine[] {
  const lines: LoggedLine[] = [];
  for (let from = 0; from < archive.length;) {
    const to = archive.indexOf('\n', from);
    let [at, emittedMs] = [from, 0];
    for (; at < to; at += 1) {
      const code = archive.charCodeAt(at);
      if (code < 48 || code > 57) break;
      emittedMs = emittedMs * 10 + (code - 48);
    }
    const form = archive.charCodeAt(at);
    if (to < 0 || at === from || (form !== RAW_CODE && form !== QUOTED_CODE)) {
      throw new LineArchiveError(`line archive: row at ${from} is not in its form`);
    }
    const rest = archive.slice(at + 1, to);
    const text = form === RAW_CODE ? rest : (JSON.parse(rest) as string);
    lines.push({ text, emittedMs });
    from = to + 1;
  }
  return lines;
}
