import { mkdirSync } from 'node:fs';
import { MINUTE_MS, hourOf } from '../../domain/instant.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenMeter } from '../../domain/meters.ts';
import { holds } from '../../domain/window.ts';
import { LogQueryFailed, LogQueryThrottled } from '../../handlers/ports.ts';
import type { Clock, LogCount, LogQuery, LogQuestion, LogRow } from '../../handlers/ports.ts';
import type { QueryPage, QueryState, QueryStatus } from '../../handlers/ports.ts';
import { belongsMs, openJournalFiles } from './journal-files.ts';
import type { FileSummary, JournalFile, JournalFiles } from './journal-files.ts';
import type { JournalIndex } from './journal-index.ts';

/** Where Logs Insights hurts, as settings: tests make them small and mean. */
export interface JournalQuerySettings {
  /** Most rows of one answer. */
  readonly rowLimit: number;
  /** Rows of one page. */
  readonly pageRows: number;
  /** Lines younger than this cannot be found yet. */
  readonly ingestionDelayMs: number;
  /** How often a question is answered with `Running` and half of its rows first. */
  readonly runningPolls: number;
  /** Questions that may be open at once. */
  readonly openQueries: number;
  /** How the nth question ends (from 0); `Complete` unless a test says otherwise. */
  readonly fate: (question: number) => QueryStatus;
}

export const INSIGHTS_SETTINGS: JournalQuerySettings = {
  rowLimit: 100_000,
  pageRows: 10_000,
  ingestionDelayMs: 0,
  runningPolls: 0,
  openQueries: 100,
  fate: () => 'Complete',
};

export interface JournalQueryOptions {
  readonly folder: string;
  readonly clock: Pick<Clock, 'now'>;
  readonly settings?: Partial<JournalQuerySettings>;
}

interface AskedQuery {
  readonly fate: QueryStatus;
  readonly answer: Answer;
  polls: number;
  running: boolean;
}

interface Answer {
  readonly matched: number;
  readonly scanned: number;
  readonly bytes: number;
  readonly foreign: number;
  readonly counts: readonly LogCount[];
  /** Lines of a `lines` question, by emission, at most its limit. */
  readonly refs: readonly LineRef[];
}

interface LineRef {
  readonly file: JournalFile;
  readonly index: JournalIndex;
  readonly line: number;
}

/** Answers are kept for this many questions, as Insights keeps them for a while. */
const KEPT_ANSWERS = 256;

/** Logs Insights over the journal: asynchronous, paged, with quotas, seconds inclusive at both ends. */
export function createJournalQuery(options: JournalQueryOptions): LogQuery {
  const settings = { ...INSIGHTS_SETTINGS, ...options.settings };
  mkdirSync(options.folder, { recursive: true });
  const files = openJournalFiles(options.folder);
  const asked = new Map<string, AskedQuery>();
  let count = 0;

  function find(queryId: string): AskedQuery {
    const query = asked.get(queryId);
    if (!query) throw new LogQueryFailed(`log query ${queryId}: not known`);
    return query;
  }

  return {
    rowLimit: settings.rowLimit,

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, files are not
    async start(question) {
      const running = [...asked.values()].filter((query) => query.running).length;
      if (running >= settings.openQueries) {
        throw new LogQueryThrottled(
          `log query: ${running} questions are running, the most allowed`,
        );
      }
      const id = `journal-${count}`;
      const visibleMs = options.clock.now() - settings.ingestionDelayMs;
      const answer = answerOf(files, question, visibleMs);
      asked.set(id, { fate: settings.fate(count), answer, polls: 0, running: true });
      count += 1;
      const oldest = asked.keys().next().value;
      if (asked.size > KEPT_ANSWERS && oldest !== undefined) asked.delete(oldest);
      return id;
    },

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, files are not
    async poll(queryId): Promise<QueryState> {
      const query = find(queryId);
      query.polls += 1;
      const { matched, scanned, bytes, foreign, counts } = query.answer;
      const statistics = { matched, scanned, bytes };
      if (query.polls <= settings.runningPolls) {
        const partial = counts.slice(0, counts.length >> 1);
        return { status: 'Running', counts: partial, foreign: 0, statistics };
      }
      query.running = false;
      const status = query.fate;
      return { status, counts: status === 'Complete' ? counts : [], foreign, statistics };
    },

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, files are not
    async page(queryId, pageToken): Promise<QueryPage> {
      const { answer, running, fate } = find(queryId);
      if (running || fate !== 'Complete') {
        throw new LogQueryFailed(`log query ${queryId}: got no whole answer, expected Complete`);
      }
      const from = pageToken === null ? 0 : Number(pageToken);
      const to = Math.min(from + settings.pageRows, answer.refs.length);
      const rows = readRows(files, answer.refs.slice(from, to));
      return { rows, nextToken: to < answer.refs.length ? String(to) : null };
    },
  };
}

/** Rows of a page, with one read per run of lines of the same file. */
function readRows(files: JournalFiles, refs: readonly LineRef[]): LogRow[] {
  const rows: LogRow[] = [];
  for (let from = 0; from < refs.length;) {
    const { file, index } = refs[from] as LineRef;
    let to = from;
    let [low, high] = [Infinity, 0];
    for (; to < refs.length && refs[to]?.file === file; to += 1) {
      const { line } = refs[to] as LineRef;
      low = Math.min(low, index.start[line] ?? 0);
      high = Math.max(high, index.end[line] ?? 0);
    }
    const bytes = files.read(file, low, high);
    for (; from < to; from += 1) {
      const { line } = refs[from] as LineRef;
      const [start, end] = [index.start[line] ?? 0, index.end[line] ?? 0];
      const message = bytes.toString('utf8', start - low, end - low);
      rows.push({ timestampMs: index.emittedMs[line] ?? 0, ptr: `${file.name}:${start}`, message });
    }
  }
  return rows;
}

function answerOf(files: JournalFiles, question: LogQuestion, visibleMs: number): Answer {
  const [fromMs, toMs] = [question.fromS * 1000, question.toS * 1000 + 999];
  const tally = createTally(question, files);
  for (const file of files.inRange(question)) {
    const summary = files.summaryOf(file);
    if (summary.lastMs < fromMs || summary.firstMs > toMs) continue;
    const whole = summary.firstMs >= fromMs && summary.lastMs <= Math.min(toMs, visibleMs);
    if (whole && question.kind === 'hours') {
      tally.addWhole(summary);
      continue;
    }
    const index = files.indexOf(file);
    for (let line = 0; line < index.lines; line += 1) {
      const emittedMs = index.emittedMs[line] ?? 0;
      if (emittedMs < fromMs || emittedMs > toMs || emittedMs > visibleMs) continue;
      tally.add({ file, index, line });
    }
  }
  return tally.answer();
}

function createTally(question: LogQuestion, files: JournalFiles) {
  const counts = new Map<number, { lines: number; tokens: Record<TokenMeter, number> }>();
  const refs: LineRef[] = [];
  let [matched, scanned, bytes, foreign] = [0, 0, 0, 0];

  function count(bucketMs: number, ref: LineRef | null, lines = 1): void {
    const known = counts.get(bucketMs);
    const bucket = known ?? { lines: 0, tokens: { ...NO_TOKENS } };
    if (!known) counts.set(bucketMs, bucket);
    bucket.lines += lines;
    if (!ref) return;
    for (const [at, meter] of TOKEN_METERS.entries()) {
      bucket.tokens[meter] += ref.index.tokens[at]?.[ref.line] ?? 0;
    }
  }

  function add(ref: LineRef): void {
    const { index, line } = ref;
    scanned += 1;
    bytes += (index.end[line] ?? 0) - (index.start[line] ?? 0);
    const emittedMs = index.emittedMs[line] ?? 0;
    if (index.marked[line] === 0) {
      if ('window' in question && holds(question.window, emittedMs)) foreign += 1;
      return;
    }
    const belongs = belongsMs(index, line);
    if (question.kind === 'hours') {
      count(hourOf(belongs), null);
    } else if (holds(question.window, belongs) && inSplit(question, ref, files)) {
      if (question.kind === 'minutes') count(Math.floor(emittedMs / MINUTE_MS) * MINUTE_MS, ref);
      else refs.push(ref);
    } else return;
    matched += 1;
  }

  function addWhole(summary: FileSummary): void {
    scanned += summary.lines;
    bytes += summary.bytes;
    matched += summary.marked;
    for (const [hourMs, lines] of summary.hours) count(hourMs, null, lines);
  }

  return {
    add,
    addWhole,
    answer: (): Answer => {
      const list = [...counts].map(([startMs, { lines, tokens }]) => ({ startMs, lines, tokens }));
      list.sort((a, b) => a.startMs - b.startMs);
      const limit = question.kind === 'lines' ? question.limit : 0;
      const rows = refs.sort((a, b) => emitted(a) - emitted(b)).slice(0, limit);
      return { matched, scanned, bytes, foreign, counts: list satisfies LogCount[], refs: rows };
    },
  };
}

function emitted({ index, line }: LineRef): number {
  return index.emittedMs[line] ?? 0;
}

const RANDOM_DIGITS = /"id":"[0-9a-f]{8}-[0-9a-f]{4}-7([0-9a-f]{3})-/;

/** Is the line in the asked share of ids? `other` is the share of lines without a readable id. */
function inSplit(question: LogQuestion, ref: LineRef, files: JournalFiles): boolean {
  if (question.kind !== 'lines' || question.split === null) return true;
  const { file, index, line } = ref;
  const text = files.read(file, index.start[line] ?? 0, index.end[line] ?? 0).toString('latin1');
  const digits = RANDOM_DIGITS.exec(text)?.[1];
  if (question.split === 'other') return digits === undefined;
  return digits?.startsWith(question.split) ?? false;
}
