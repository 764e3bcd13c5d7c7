import { MINUTE_MS, hourOf } from '../../domain/instant.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenMeter } from '../../domain/meters.ts';
import { holds } from '../../domain/window.ts';
import type { LogCount, LogQuestion } from '../../handlers/ports.ts';
import { belongsMs } from './journal-files.ts';
import type { FileSummary, JournalFile, JournalFiles } from './journal-files.ts';
import type { JournalIndex } from './journal-index.ts';
import { createLineList } from './journal-lines.ts';
import type { LineRef, SortedLines } from './journal-lines.ts';

/** The answer to a question, as the journal stood when it was asked. */
export interface JournalAnswer {
  readonly matched: number;
  readonly scanned: number;
  readonly bytes: number;
  readonly foreign: number;
  readonly counts: readonly LogCount[];
  /** Lines of a `lines` question, by emission, at most its limit. */
  readonly lines: SortedLines;
}

/** Answers a question from the lines that are visible at an instant. */
export function answerOf(
  files: JournalFiles,
  question: LogQuestion,
  visibleMs: number,
): JournalAnswer {
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
      tally.add(file, index, line);
    }
  }
  return tally.answer();
}

function createTally(question: LogQuestion, files: JournalFiles) {
  const counts = new Map<number, { lines: number; tokens: Record<TokenMeter, number> }>();
  const found = createLineList();
  let [matched, scanned, bytes, foreign] = [0, 0, 0, 0];

  function bucketOf(bucketMs: number) {
    const known = counts.get(bucketMs);
    if (known) return known;
    const bucket = { lines: 0, tokens: { ...NO_TOKENS } };
    counts.set(bucketMs, bucket);
    return bucket;
  }

  function countMinute(emittedMs: number, { tokens }: JournalIndex, line: number): void {
    const bucket = bucketOf(Math.floor(emittedMs / MINUTE_MS) * MINUTE_MS);
    bucket.lines += 1;
    for (let at = 0; at < TOKEN_METERS.length; at += 1) {
      bucket.tokens[TOKEN_METERS[at] as TokenMeter] += tokens[at]?.[line] ?? 0;
    }
  }

  function add(file: JournalFile, index: JournalIndex, line: number): void {
    scanned += 1;
    bytes += (index.end[line] ?? 0) - (index.start[line] ?? 0);
    const emittedMs = index.emittedMs[line] ?? 0;
    if (index.marked[line] === 0) {
      if ('window' in question && holds(question.window, emittedMs)) foreign += 1;
      return;
    }
    const belongs = belongsMs(index, line);
    if (question.kind === 'hours') {
      bucketOf(hourOf(belongs)).lines += 1;
    } else {
      if (!holds(question.window, belongs)) return;
      if (question.kind === 'minutes') countMinute(emittedMs, index, line);
      else if (question.split === null || isInSplit(question.split, files, { file, index, line })) {
        found.add(file, index, line);
      } else return;
    }
    matched += 1;
  }

  function addWhole(summary: FileSummary): void {
    scanned += summary.lines;
    bytes += summary.bytes;
    matched += summary.marked;
    for (const [hourMs, lines] of summary.hours) bucketOf(hourMs).lines += lines;
  }

  return {
    add,
    addWhole,
    answer: (): JournalAnswer => {
      const list = [...counts].map(([startMs, { lines, tokens }]) => ({ startMs, lines, tokens }));
      list.sort((a, b) => a.startMs - b.startMs);
      const limit = question.kind === 'lines' ? question.limit : 0;
      return { matched, scanned, bytes, foreign, counts: list, lines: found.sorted(limit) };
    },
  };
}

const RANDOM_DIGITS = /"id":"[0-9a-f]{8}-[0-9a-f]{4}-7([0-9a-f]{3})-/;

/** Is the line in the asked share of ids? `other` is the share of lines without a readable id. */
function isInSplit(split: string, files: JournalFiles, { file, index, line }: LineRef): boolean {
  const bytes = files.read(file, index.start[line] ?? 0, index.end[line] ?? 0);
  const digits = RANDOM_DIGITS.exec(bytes.toString('latin1'))?.[1];
  return split === 'other' ? digits === undefined : (digits?.startsWith(split) ?? false);
}
