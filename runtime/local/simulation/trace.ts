import { readFileSync } from 'node:fs';
import { END_STAMP_MS, FIRST_STAMP_MS, isInstant, parseInstant } from '../../../domain/instant.ts';

/** One recorded request: when, and how many tokens. */
export interface TraceRow {
  /** UTC ms. */
  readonly atMs: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Ids of the 512-token blocks of its prompt, where the trace has them. */
  readonly blocks: readonly number[] | null;
  /** Name of the trace it is from. */
  readonly trace: string;
}

/** A trace file that is in neither form, or a row that is not a request. */
export class TraceError extends Error {
  override readonly name = 'TraceError';
}

const CSV_HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const CSV_ROW = /^(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2})\.(\d{3})\d{0,6},(\d{1,9}),(\d{1,9})$/;
/** JSON lines count from the start of their trace; ours is here. */
export const JSONL_START_MS = Date.UTC(2024, 0, 1);

/**
 * Reads trace files: the Azure CSV, or JSON lines with `timestamp` (ms from start), `input_length`,
 * `output_length` and perhaps `hash_ids`. Rows of all files, by time; equal times keep their order.
 *
 * @throws TraceError naming the file and line.
 */
export function readTraces(files: readonly string[]): TraceRow[] {
  const rows = files.flatMap((file) => {
    const lines = readFileSync(file, 'utf8').split(/\r?\n/);
    const name = file.split(/[\\/]/).at(-1) ?? file;
    const isCsv = lines[0] === CSV_HEADER;
    const parse = isCsv ? csvRow : jsonRow;
    return lines
      .map((line, index) => ({ line, at: `${name} line ${index + 1}` }))
      .slice(isCsv ? 1 : 0)
      .filter(({ line }) => line.trim() !== '')
      .map(({ line, at }) => ({ ...parse(line, at), trace: name }));
  });
  return rows.sort((a, b) => a.atMs - b.atMs);
}

function csvRow(line: string, at: string): Omit<TraceRow, 'trace'> {
  const [, date, time, ms, input, output] = CSV_ROW.exec(line) ?? [];
  const instant = `${date}T${time}.${ms}Z`;
  // Strict: `Date.parse` takes the 31st of November for the 1st of December.
  if (!isInstant(instant)) throw new TraceError(`${at}: expected ${CSV_HEADER}`);
  const atMs = parseInstant(instant);
  if (!isStamp(atMs)) throw new TraceError(`${at}: TIMESTAMP: expected a year from 2002 to 2285`);
  return { atMs, inputTokens: Number(input), outputTokens: Number(output), blocks: null };
}

function jsonRow(line: string, at: string): Omit<TraceRow, 'trace'> {
  const row = parseJson(line, at);
  const { timestamp, input_length: input, output_length: output, hash_ids: blocks } = row;
  const atMs = typeof timestamp === 'number' ? JSONL_START_MS + Math.floor(timestamp) : NaN;
  if (!(atMs >= JSONL_START_MS) || !isStamp(atMs)) {
    throw new TraceError(`${at}: timestamp: expected milliseconds from the start`);
  }
  if (!isTokens(input)) throw new TraceError(`${at}: input_length: expected whole tokens`);
  if (!isTokens(output)) throw new TraceError(`${at}: output_length: expected whole tokens`);
  if (blocks !== undefined && !isBlocks(blocks)) {
    throw new TraceError(`${at}: hash_ids: expected a list of whole numbers`);
  }
  return { atMs, inputTokens: input, outputTokens: output, blocks: blocks ?? null };
}

function parseJson(line: string, at: string): Record<string, unknown> {
  try {
    const row: unknown = JSON.parse(line);
    if (typeof row === 'object' && row !== null && !Array.isArray(row)) {
      return row as Record<string, unknown>;
    }
  } catch {
    // Said below, with the place.
  }
  throw new TraceError(`${at}: expected ${CSV_HEADER} in the first line, or a JSON object a line`);
}

function isStamp(ms: number): boolean {
  return ms >= FIRST_STAMP_MS && ms < END_STAMP_MS;
}

function isTokens(value: unknown): value is number {
  return Number.isInteger(value) && Number(value) >= 0 && Number(value) <= 1e9;
}

function isBlocks(value: unknown): value is number[] {
  return Array.isArray(value) && value.every((id) => Number.isSafeInteger(id));
}
