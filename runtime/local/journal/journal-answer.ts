import { MINUTE_MS, hourOf } from '../../../domain/instant.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../../domain/meters.ts';
import type { TokenMeter } from '../../../domain/meters.ts';
import { holds } from '../../../domain/window.ts';
import type { Window } from '../../../domain/window.ts';
import type { LogCount, LogQuestion } from '../../../handlers/ports.ts';
import type { JournalFile, JournalFiles } from './journal-files.ts';
import type { JournalIndex } from './journal-index.ts';
import { LineList } from './journal-lines.ts';
import type { SortedLines } from './journal-lines.ts';
import { belongsAt } from './journal-summary.ts';
import type { FileLines, FileSummary, MinuteSum } from './journal-summary.ts';

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

/** Emission in UTC ms, inclusive at both ends. */
interface Span {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Answers a question from the lines that are visible at an instant. */
export function answerOf(
  files: JournalFiles,
  question: LogQuestion,
  visibleMs: number,
): JournalAnswer {
  const asked = { fromMs: question.fromS * 1000, toMs: question.toS * 1000 + 999 };
  const visible = { fromMs: asked.fromMs, toMs: Math.min(asked.toMs, visibleMs) };
  const tally = createTally(question, files);
  for (const file of files.inRange(question)) {
    const summary = files.summaryOf(file);
    if (summary.lastMs < visible.fromMs || summary.firstMs > visible.toMs) continue;
    if (question.kind === 'lines') tally.addLines(file, visible);
    else if (isOfWholeMinutes(summary, visible)) sumsWithin(summary, visible).forEach(tally.addSum);
    // Line by line, where a minute is asked for in part.
    else for (const sum of figuresWithin(files.indexOf(file), visible)) tally.addSum(sum);
  }
  return tally.answer();
}

/** Does the span cut none of the file's minutes in two? */
function isOfWholeMinutes({ firstMs, lastMs }: FileSummary, { fromMs, toMs }: Span): boolean {
  const beginsWhole = fromMs <= firstMs || fromMs % MINUTE_MS === 0;
  return beginsWhole && (toMs >= lastMs || (toMs + 1) % MINUTE_MS === 0);
}

function createTally(question: LogQuestion, files: JournalFiles) {
  const counts = new Map<number, { lines: number; tokens: Record<TokenMeter, number> }>();
  const found = new LineList();
  let [matched, scanned, bytes, foreign] = [0, 0, 0, 0];

  function bucketOf(bucketMs: number) {
    const known = counts.get(bucketMs);
    if (known) return known;
    const bucket = { lines: 0, tokens: { ...NO_TOKENS } };
    counts.set(bucketMs, bucket);
    return bucket;
  }

  /** Lines of one minute and hour, or one line. */
  function addSum(sum: MinuteSum): void {
    scanned += sum.lines;
    bytes += sum.bytes;
    const { hourMs, minuteMs } = sum;
    if (hourMs === null) {
      if (question.kind === 'minutes' && holds(question.window, minuteMs)) foreign += sum.lines;
      return;
    }
    if (question.kind === 'hours') bucketOf(hourMs).lines += sum.lines;
    else {
      if (!holds(question.window, hourMs)) return;
      const bucket = bucketOf(minuteMs);
      bucket.lines += sum.lines;
      for (const [at, meter] of TOKEN_METERS.entries()) bucket.tokens[meter] += sum.tokens[at] ?? 0;
    }
    matched += sum.lines;
  }

  /** Lines of a file, for a question that asks for them. */
  function addLines(file: JournalFile, span: Span): void {
    if (question.kind !== 'lines') return;
    const asked = { ...span, window: question.window, split: question.split };
    const sums = gatherLines({ file, lines: files.linesOf(file), files }, asked, found);
    scanned += sums.scanned;
    bytes += sums.bytes;
    foreign += sums.foreign;
    matched += sums.matched;
  }

  return {
    ...{ addSum, addLines },
    answer: (): JournalAnswer => {
      const list = [...counts].map(([startMs, { lines, tokens }]) => ({ startMs, lines, tokens }));
      list.sort((a, b) => a.startMs - b.startMs);
      const limit = question.kind === 'lines' ? question.limit : 0;
      return { matched, scanned, bytes, foreign, counts: list, lines: found.sorted(limit) };
    },
  };
}

function sumsWithin({ minutes }: FileSummary, { fromMs, toMs }: Span): MinuteSum[] {
  return minutes.filter(({ minuteMs }) => minuteMs + MINUTE_MS > fromMs && minuteMs <= toMs);
}

function* figuresWithin(index: JournalIndex, { fromMs, toMs }: Span): Generator<MinuteSum> {
  for (let line = 0; line < index.lines; line += 1) {
    const emittedMs = index.emittedMs[line] ?? 0;
    if (emittedMs < fromMs || emittedMs > toMs) continue;
    const belongs = belongsAt(index, line);
    yield {
      minuteMs: Math.floor(emittedMs / MINUTE_MS) * MINUTE_MS,
      hourMs: belongs < 0 ? null : hourOf(belongs),
      ...{ lines: 1, bytes: (index.end[line] ?? 0) - (index.start[line] ?? 0) },
      tokens: index.tokens.map((counted) => counted[line] ?? 0),
    };
  }
}

interface GatheredFile {
  readonly file: JournalFile;
  readonly lines: FileLines;
  readonly files: JournalFiles;
}

interface AskedLines extends Span {
  readonly window: Window;
  readonly split: string | null;
}

/** Adds the lines of a file that a question asks for. */
function gatherLines(
  { file, lines, files }: GatheredFile,
  { fromMs, toMs, window, split }: AskedLines,
  found: LineList,
) {
  const sums = { scanned: 0, bytes: 0, foreign: 0, matched: 0 };
  for (let line = 0; line < lines.start.length; line += 1) {
    const emittedMs = lines.emittedMs[line] ?? 0;
    if (emittedMs < fromMs || emittedMs > toMs) continue;
    const [start, end] = [lines.start[line] ?? 0, lines.end[line] ?? 0];
    const belongs = lines.belongsMs[line] ?? -1;
    sums.scanned += 1;
    sums.bytes += end - start;
    if (belongs < 0 && holds(window, emittedMs)) sums.foreign += 1;
    if (belongs < 0 || !holds(window, belongs)) continue;
    if (split !== null && !isInSplit(split, files.read(file, start, end))) continue;
    found.add(file, { start, end, emittedMs });
    sums.matched += 1;
  }
  return sums;
}

const RANDOM_DIGITS = /"id":"[0-9a-f]{8}-[0-9a-f]{4}-7([0-9a-f]{3})-/;

/** Is the line in the asked share of ids? `other` is the share of lines without a readable id. */
function isInSplit(split: string, line: Buffer): boolean {
  const digits = RANDOM_DIGITS.exec(line.toString('latin1'))?.[1];
  return split === 'other' ? digits === undefined : (digits?.startsWith(split) ?? false);
}
