import { mkdirSync } from 'node:fs';
import { MINUTE_MS } from '../../../domain/instant.ts';
import { LogQueryFailed, LogQueryThrottled } from '../../../handlers/ports.ts';
import type {
  Clock,
  LogQuery,
  PackedPage,
  QueryPage,
  QueryState,
  QueryStatus,
} from '../../../handlers/ports.ts';
import { answerOf } from './journal-answer.ts';
import type { JournalAnswer } from './journal-answer.ts';
import { openJournalFiles } from './journal-files.ts';
import type { JournalFiles } from './journal-files.ts';

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
  /** Where threads of one run keep what they learn of the journal's files for each other. */
  readonly kept?: string;
}

/** The journal as a log that answers, and what a run may do to answer sooner. */
export interface JournalQuery extends LogQuery {
  /** Files that no thread of this run has read yet. */
  unread(): string[];
  /** Reads one of them, for all threads. */
  learn(name: string): void;
}

interface AskedQuery {
  readonly fate: QueryStatus;
  readonly answer: JournalAnswer;
  readonly askedMs: number;
  polls: number;
  running: boolean;
}

/** A question ends by itself after this long, whether anybody asks for its answer or not. */
const RUN_TIME_MS = 60 * MINUTE_MS;

/** Answers are kept for this many questions, as Insights keeps them for a while. */
const KEPT_ANSWERS = 256;

/** Logs Insights over the journal: asynchronous, paged, with quotas, seconds inclusive at both ends. */
export function createJournalQuery(options: JournalQueryOptions): JournalQuery {
  const settings = { ...INSIGHTS_SETTINGS, ...options.settings };
  mkdirSync(options.folder, { recursive: true });
  const files = openJournalFiles(options.folder, options.kept);
  const asked = new Map<string, AskedQuery>();
  let count = 0;

  function find(queryId: string): AskedQuery {
    const query = asked.get(queryId);
    if (!query) throw new LogQueryFailed(`log query ${queryId}: not known`);
    return query;
  }

  function pageOf(queryId: string, pageToken: string | null) {
    const { answer, running, fate } = find(queryId);
    if (running || fate !== 'Complete') {
      throw new LogQueryFailed(`log query ${queryId}: got no whole answer, expected Complete`);
    }
    const { lines } = answer;
    const from = pageToken === null ? 0 : Number(pageToken);
    const to = Math.min(from + settings.pageRows, lines.length);
    return { lines, from, to, nextToken: to < lines.length ? String(to) : null };
  }

  return {
    rowLimit: settings.rowLimit,
    ...readAhead(files),

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, files are not
    async start(question) {
      const askedMs = options.clock.now();
      refuseOver(settings.openQueries, runningAt(asked, askedMs));
      const id = `journal-${count}`;
      const visibleMs = askedMs - settings.ingestionDelayMs;
      const answer = answerOf(files, question, visibleMs);
      asked.set(id, { fate: settings.fate(count), answer, askedMs, polls: 0, running: true });
      count += 1;
      forgetOldest(asked);
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
      const { lines, from, to, nextToken } = pageOf(queryId, pageToken);
      return { rows: lines.read(files, from, to), nextToken };
    },

    // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, files are not
    async packedPage(queryId, pageToken): Promise<PackedPage> {
      const { lines, from, to, nextToken } = pageOf(queryId, pageToken);
      return { ...lines.readPacked(files, from, to), nextToken };
    },
  };
}

function readAhead(files: JournalFiles): Pick<JournalQuery, 'unread' | 'learn'> {
  return {
    unread: () => files.all().flatMap((file) => (files.isKept(file) ? [] : file.name)),
    learn(name) {
      const file = files.all().find((one) => one.name === name);
      if (file) files.summaryOf(file);
    },
  };
}

function runningAt(asked: ReadonlyMap<string, AskedQuery>, nowMs: number): number {
  const running = [...asked.values()].filter(
    (query) => query.running && nowMs - query.askedMs < RUN_TIME_MS,
  );
  return running.length;
}

function refuseOver(quota: number, running: number): void {
  if (running < quota) return;
  throw new LogQueryThrottled(`log query: ${running} questions are running, the most allowed`);
}

function forgetOldest(asked: Map<string, AskedQuery>): void {
  if (asked.size <= KEPT_ANSWERS) return;
  const oldest = [...asked].find(([, { running }]) => !running);
  if (oldest) asked.delete(oldest[0]);
}
