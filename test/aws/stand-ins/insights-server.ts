import { HOUR_MS, hourOf } from '../../../domain/instant.ts';
import type { QueryStatus } from '../../../handlers/ports.ts';
import { AwsFault, startAwsJsonServer } from './aws-json-server.ts';
import type { AwsJsonServer } from './aws-json-server.ts';
import { evaluate } from './insights-evaluate.ts';
import type { Evaluated, StoredEvent, SumForm } from './insights-evaluate.ts';
import { parseQuery } from './insights-grammar.ts';

/** Where Logs Insights hurts, small and mean. */
export interface InsightsSettings {
  readonly logGroup: string;
  /** UTC ms. */
  readonly now: () => number;
  /** Most rows of one page, whatever is asked. */
  readonly pageRows: number;
  readonly ingestionDelayMs: number;
  /** So many calls for results are answered `Running`, with half of the rows. */
  readonly runningCalls: number;
  readonly openQueries: number;
  /** Starts allowed in one second of `now`. */
  readonly startsPerSecond: number;
  /** Is this call for results one too many? Counted from 0. */
  readonly tooOften: (call: number) => boolean;
  readonly fate: (question: number) => QueryStatus;
  /** Does the last second of a range hold what came after its first millisecond? */
  readonly endIsWhole: boolean;
  readonly sumForm: SumForm;
}

const SETTINGS: InsightsSettings = {
  logGroup: 'tollbook-usage',
  now: () => Date.now(),
  pageRows: 10_000,
  ingestionDelayMs: 0,
  runningCalls: 0,
  openQueries: 100,
  startsPerSecond: Infinity,
  tooOften: () => false,
  fate: () => 'Complete',
  endIsWhole: true,
  sumForm: 'plain',
};

export interface InsightsServer extends AwsJsonServer {
  /** The settings from now on; questions and calls are counted afresh. */
  set(settings: Partial<InsightsSettings>): void;
  /** Stores an event. */
  put(timestampMs: number, message: string): void;
  /** Stores what a function printed in the hour of `hourMs`: one event per line. */
  putLines(hourMs: number, lines: readonly string[]): void;
}

interface AskedQuery {
  readonly answer: Evaluated;
  readonly scanned: number;
  readonly bytes: number;
  readonly limit: number;
  readonly fate: QueryStatus;
  calls: number;
  running: boolean;
}

const LIMIT = { default: 10_000, most: 100_000 };
const QUERY_LENGTH = 10_000;

type Input = Readonly<Record<string, unknown>>;

/** Logs Insights over events in memory, spoken to as the real one is; it evaluates the queries. */
export async function startInsightsServer(
  fixed: Partial<InsightsSettings> = {},
): Promise<InsightsServer> {
  let settings = { ...SETTINGS, ...fixed };
  const events: StoredEvent[] = [];
  const queries = new Map<string, AskedQuery>();
  const starts: number[] = [];
  let [questions, calls] = [0, 0];

  function start(input: Input) {
    const second = Math.floor(settings.now() / 1000);
    if (starts.filter((one) => one === second).length >= settings.startsPerSecond) {
      throw new AwsFault('ThrottlingException', 'Rate exceeded');
    }
    starts.push(second);
    const running = [...queries.values()].filter((query) => query.running).length;
    if (running >= settings.openQueries) {
      throw new AwsFault('LimitExceededException', `${running} queries are running`);
    }
    const queryId = `query-${queries.size}`;
    queries.set(queryId, ask(input));
    return { queryId };
  }

  function ask(input: Input): AskedQuery {
    const { queryString, limit } = checked(input, settings.logGroup);
    const [fromMs, toMs] = [Number(input['startTime']) * 1000, Number(input['endTime']) * 1000];
    const endMs = settings.endIsWhole ? toMs + 999 : toMs;
    const visibleMs = Math.min(endMs, settings.now() - settings.ingestionDelayMs);
    const inRange = events
      .filter(({ timestampMs }) => timestampMs >= fromMs && timestampMs <= visibleMs)
      .sort((a, b) => a.timestampMs - b.timestampMs);
    const answer = evaluate(parseQuery(queryString), inRange, settings.sumForm);
    const bytes = inRange.reduce((sum, { message }) => sum + Buffer.byteLength(message), 0);
    const fate = settings.fate(questions++);
    return { answer, scanned: inRange.length, bytes, limit, fate, calls: 0, running: true };
  }

  function results({ queryId, nextToken, maxItems }: Input) {
    if (settings.tooOften(calls++)) throw new AwsFault('ThrottlingException', 'Rate exceeded');
    const query = queries.get(String(queryId));
    if (!query) throw new AwsFault('ResourceNotFoundException', `query ${String(queryId)}`);
    const { answer, scanned, bytes, limit, fate } = query;
    query.running &&= (query.calls += 1) <= settings.runningCalls;
    const status = query.running ? 'Running' : fate;
    const whole = answer.rows.slice(0, limit);
    const rows = query.running ? whole.slice(0, whole.length >> 1) : whole;
    const from = offsetOf(String(queryId), nextToken);
    const to = from + Math.min(settings.pageRows, Number(maxItems ?? LIMIT.default));
    const shown = query.running || fate === 'Complete' ? rows.slice(from, to) : [];
    return {
      queryLanguage: 'CWLI',
      status,
      results: shown.map((row) => row.map(([field, value]) => ({ field, value }))),
      statistics: {
        ...{ recordsMatched: answer.matched, recordsScanned: scanned, bytesScanned: bytes },
        resultCount: whole.length,
      },
      ...(to < rows.length && { nextToken: `${String(queryId)} ${to}` }),
    };
  }

  const put = (timestampMs: number, message: string) => {
    const ptr = Buffer.from(`${events.length}`).toString('base64');
    events.push({ timestampMs, message, ptr });
  };
  const server = await startAwsJsonServer({ StartQuery: start, GetQueryResults: results });
  return {
    ...server,
    set: (differs) => {
      settings = { ...SETTINGS, ...fixed, ...differs };
      [questions, calls] = [0, 0];
    },
    put,
    putLines: (hourMs, lines) => {
      let lastMs = hourOf(hourMs);
      for (const line of lines) {
        lastMs = emissionOf(line, hourMs) ?? lastMs;
        put(lastMs, line);
      }
    },
  };
}

/** When a line was printed: `settled_ms` where it can be read and is of about that hour. */
function emissionOf(line: string, hourMs: number): number | null {
  const stamp = Number(/"settled_ms":([1-9]\d{12})[,}]/.exec(line)?.[1] ?? Number.NaN);
  const agoMs = stamp - hourOf(hourMs);
  return agoMs >= -HOUR_MS && agoMs < 2 * HOUR_MS ? stamp : null;
}

function checked(input: Input, logGroup: string) {
  const { logGroupName, queryString, startTime, endTime, limit = LIMIT.default } = input;
  const refuse = (message: string) => new AwsFault('InvalidParameterException', message);
  if (logGroupName !== logGroup) {
    throw new AwsFault('ResourceNotFoundException', `log group ${String(logGroupName)}`);
  }
  if (typeof queryString !== 'string' || queryString.length > QUERY_LENGTH) {
    throw refuse('queryString: missing or too long');
  }
  if (!Number.isInteger(startTime) || !Number.isInteger(endTime)) throw refuse('times: seconds');
  if (Number(endTime) < Number(startTime)) throw refuse('endTime is before startTime');
  if (!Number.isInteger(limit) || Number(limit) < 1 || Number(limit) > LIMIT.most) {
    throw refuse(`limit: got ${String(limit)}`);
  }
  return { queryString, limit: Number(limit) };
}

function offsetOf(queryId: string, token: unknown): number {
  if (token === undefined) return 0;
  const [of, offset] = (typeof token === 'string' ? token : '').split(' ');
  if (of !== queryId)
    throw new AwsFault('InvalidParameterException', 'nextToken: not of this query');
  return Number(offset);
}
