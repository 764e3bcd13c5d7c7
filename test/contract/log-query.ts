import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HOUR_MS, MINUTE_MS } from '../../domain/instant.ts';
import { windowOf } from '../../domain/window.ts';
import { LogQueryFailed, LogQueryThrottled } from '../../handlers/ports.ts';
import type { LogQuery, LogQuestion, LogRow, QueryStatus } from '../../handlers/ports.ts';
import type { QueryState } from '../../handlers/ports.ts';
import { NOON_MS, idAt, usageLine } from '../domain/usage-events.ts';

/** Limits of the log service, small and mean. */
export interface LogLimits {
  readonly rowLimit?: number;
  readonly pageRows?: number;
  readonly ingestionDelayMs?: number;
  readonly runningPolls?: number;
  readonly openQueries?: number;
  readonly fate?: (question: number) => QueryStatus;
}

/** A log under test, of one fixed day. */
export interface LogWorld {
  /** Stores lines, emitted in the hour of `ms`. */
  write(ms: number, lines: readonly (string | Uint8Array)[]): void;
  /** Questions asked as of `nowMs`. */
  open(limits?: LogLimits, nowMs?: number): LogQuery;
  close(): void | Promise<void>;
}

const window = windowOf(NOON_MS);
const WHOLE = { fromS: window.startMs / 1000 - 300, toS: window.endMs / 1000 + 1799 };

/** Asks for the lines of the window of noon, but for what is said. */
export function linesAt(
  differs: Partial<Extract<LogQuestion, { kind: 'lines' }>> = {},
): LogQuestion {
  return { kind: 'lines', window, split: null, limit: 1000, ...WHOLE, ...differs };
}

/** A line of one call, settled (and so emitted) at an instant; admitted half a second before. */
export function lineAt(emittedMs: number, differs: Parameters<typeof usageLine>[0] = {}): string {
  const admitted = differs.admitted_ms ?? Math.max(emittedMs - 500, window.startMs);
  return usageLine({ ...differs, admitted_ms: admitted, settled_ms: emittedMs });
}

/** Asks until the answer is no longer running. */
export async function answerTo(logs: LogQuery, question: LogQuestion): Promise<QueryState> {
  const id = await logs.start(question);
  for (;;) {
    const state = await logs.poll(id);
    if (state.status !== 'Running' && state.status !== 'Scheduled') return state;
  }
}

/** All pages of a complete answer. */
export async function rowsOf(logs: LogQuery, question: LogQuestion): Promise<LogRow[]> {
  const id = await logs.start(question);
  while ((await logs.poll(id)).status === 'Running');
  const rows: LogRow[] = [];
  let token: string | null = null;
  do {
    const page = await logs.page(id, token);
    rows.push(...page.rows);
    token = page.nextToken;
  } while (token !== null);
  return rows;
}

const messages = async (logs: LogQuery, question: LogQuestion) =>
  (await rowsOf(logs, question)).map(({ message }) => message);

/** The port `LogQuery`: what Logs Insights answers, and where it hurts. */
export function describeLogQuery(name: string, create: () => LogWorld | Promise<LogWorld>): void {
  describe(`questions to the log: ${name}`, () => {
    let world: LogWorld;
    beforeEach(async () => {
      world = await create();
    });
    afterEach(() => world.close());

    it('finds the lines of a window as they were written, by emission', async () => {
      const lines = [2, 1, 3].map((second) => lineAt(NOON_MS + second * 1000));
      world.write(NOON_MS, lines);

      const rows = await rowsOf(world.open(), linesAt());

      expect(rows.map(({ message }) => message)).toEqual([lines[1], lines[0], lines[2]]);
      expect(rows.map(({ timestampMs }) => timestampMs - NOON_MS)).toEqual([1000, 2000, 3000]);
    });

    it('tells one stored line from any other, copies included', async () => {
      world.write(NOON_MS, [lineAt(NOON_MS), lineAt(NOON_MS)]);

      const rows = await rowsOf(world.open(), linesAt());

      expect(new Set(rows.map(({ ptr }) => ptr)).size).toBe(2);
    });

    it('takes the seconds of a range as inclusive at both ends', async () => {
      const line = lineAt(NOON_MS + 5999);
      world.write(NOON_MS, [line]);
      const logs = world.open();
      const second = NOON_MS / 1000 + 5;

      expect(await messages(logs, linesAt({ fromS: second, toS: second }))).toEqual([line]);
      expect(await messages(logs, linesAt({ fromS: second + 1, toS: second + 9 }))).toEqual([]);
      expect(await messages(logs, linesAt({ fromS: second - 9, toS: second - 1 }))).toEqual([]);
    });

    it('asks for a window by admission, however late a line was emitted', async () => {
      const mine = lineAt(window.endMs + 20 * MINUTE_MS, { admitted_ms: window.endMs - 1 });
      const next = lineAt(window.endMs + 20 * MINUTE_MS, { admitted_ms: window.endMs });
      const before = lineAt(window.startMs, { admitted_ms: window.startMs - 1 });
      world.write(window.startMs, [before]);
      world.write(window.endMs, [next, mine]);

      expect(await messages(world.open(), linesAt())).toEqual([mine]);
    });

    it('gives at most the row limit, and says how many lines matched', async () => {
      world.write(
        NOON_MS,
        Array.from({ length: 7 }, (_, n) => lineAt(NOON_MS + n, { output: n })),
      );
      const logs = world.open({ rowLimit: 5 });

      expect(logs.rowLimit).toBe(5);
      const question = linesAt({ limit: 5 });
      expect(await rowsOf(logs, question)).toHaveLength(5);
      expect((await answerTo(logs, question)).statistics.matched).toBe(7);
    });

    it.each([1, 2, 3, 6, 7, 8])('gives every row once on pages of %i', async (pageRows) => {
      const lines = Array.from({ length: 7 }, (_, n) => lineAt(NOON_MS + n, { output: n }));
      world.write(NOON_MS, lines);

      expect(await messages(world.open({ pageRows }), linesAt())).toEqual(lines);
    });

    it('counts lines and sums tokens per minute of emission, and names no rows', async () => {
      const [first, second] = [window.startMs + 59_999, window.startMs + MINUTE_MS];
      world.write(NOON_MS, [
        lineAt(first, { input: 3, output: 5, cache_read: 1 }),
        lineAt(first, { input: 4, output: 7, cache_write_5m: 2, cache_write_1h: 8 }),
        lineAt(second, { input: 11, output: 0 }),
      ]);
      const logs = world.open();

      const { status, counts, statistics } = await answerTo(logs, {
        ...{ kind: 'minutes', window, ...WHOLE },
      });

      // Minute 0: input 3 + 4 = 7, output 5 + 7 = 12.
      const tokens = { input: 7, cache_read: 1, cache_write_5m: 2, cache_write_1h: 8, output: 12 };
      const quiet = { cache_read: 0, cache_write_5m: 0, cache_write_1h: 0 };
      expect(status).toBe('Complete');
      expect(statistics.matched).toBe(3);
      expect(counts).toEqual([
        { startMs: window.startMs, lines: 2, tokens },
        { startMs: second, lines: 1, tokens: { ...quiet, input: 11, output: 0 } },
      ]);
    });

    it('counts lines per hour of admission, oldest first', async () => {
      world.write(window.startMs, [lineAt(NOON_MS + 9), lineAt(NOON_MS + 1)]);
      world.write(window.endMs, [
        lineAt(window.endMs + 5, { admitted_ms: window.endMs }),
        lineAt(window.endMs + 6, { admitted_ms: window.endMs - 1 }),
      ]);

      const { counts } = await answerTo(world.open(), { kind: 'hours', ...WHOLE });

      expect(counts.map(({ startMs, lines }) => [startMs, lines])).toEqual([
        [window.startMs, 3],
        [window.endMs, 1],
      ]);
    });

    it('counts foreign lines emitted in the window, and gives none of them', async () => {
      const line = lineAt(NOON_MS);
      world.write(NOON_MS, [line, 'START RequestId: 1', '{"tollbook":"audit/1"}']);
      const logs = world.open();

      const { foreign, statistics } = await answerTo(logs, { kind: 'minutes', window, ...WHOLE });

      expect([foreign, statistics.matched]).toEqual([2, 1]);
      expect(await messages(logs, linesAt())).toEqual([line]);
    });

    it('files a line without a readable admission under the hour of its emission', async () => {
      const torn = '{"tollbook":"usage/1","id":"x","admitted_ms":"soon"';
      world.write(window.startMs, [lineAt(NOON_MS), torn]);
      world.write(window.endMs, [lineAt(window.endMs, { admitted_ms: window.endMs }), torn]);

      expect(await messages(world.open(), linesAt())).toEqual([lineAt(NOON_MS), torn]);
    });

    it('files a line that claims another year under the hour of its emission', async () => {
      const forged = (year: number) =>
        `{"tollbook":"usage/1","admitted_ms":${Date.UTC(year, 1, 1, 12)},"id":"forged"}`;
      const lines = [lineAt(NOON_MS), forged(2025), forged(2027)];
      world.write(NOON_MS, lines);
      const logs = world.open();

      expect(await messages(logs, linesAt())).toEqual(lines);
      const { counts } = await answerTo(logs, { kind: 'hours', ...WHOLE });
      expect(counts.map(({ startMs, lines: counted }) => [startMs, counted])).toEqual([
        [window.startMs, 3],
      ]);
    });

    it('answers `Running` with counts that are not whole, and no row, until it is complete', async () => {
      const lines = [0, 1, 2, 3].map((minute) => lineAt(NOON_MS + minute * MINUTE_MS));
      world.write(NOON_MS, lines);
      const logs = world.open({ runningPolls: 2 });
      const id = await logs.start({ kind: 'minutes', window, ...WHOLE });

      for (const poll of [1, 2]) {
        const { status, counts } = await logs.poll(id);
        expect([poll, status]).toEqual([poll, 'Running']);
        expect(counts.length).toBeLessThan(4);
        await expect(logs.page(id, null)).rejects.toThrow(LogQueryFailed);
      }
      const { status, counts } = await logs.poll(id);
      expect([status, counts.length]).toEqual(['Complete', 4]);
    });

    it.each(['Failed', 'Cancelled', 'Timeout', 'Unknown'] as const)(
      'gives nothing away when it ends as %s',
      async (fate) => {
        world.write(NOON_MS, [lineAt(NOON_MS)]);
        const logs = world.open({ fate: (question) => (question === 0 ? fate : 'Complete') });
        const id = await logs.start(linesAt());

        expect(await logs.poll(id)).toMatchObject({ status: fate, counts: [] });
        await expect(logs.page(id, null)).rejects.toThrow(LogQueryFailed);
        // The next question is another.
        expect(await rowsOf(logs, linesAt())).toHaveLength(1);
      },
    );

    it('does not find a line before the log has taken it in', async () => {
      world.write(NOON_MS, [lineAt(NOON_MS + 1000)]);
      const foundAt = async (nowMs: number) =>
        (await rowsOf(world.open({ ingestionDelayMs: 60_000 }, nowMs), linesAt())).length;

      expect(await foundAt(NOON_MS + 60_999)).toBe(0);
      expect(await foundAt(NOON_MS + 61_000)).toBe(1);
    });

    it('refuses more questions at once than its quota, until one is answered', async () => {
      const logs = world.open({ openQueries: 2 });
      const [first] = [await logs.start(linesAt()), await logs.start(linesAt())];

      await expect(logs.start(linesAt())).rejects.toThrow(LogQueryThrottled);
      await logs.poll(first);
      await expect(logs.start(linesAt())).resolves.toEqual(expect.any(String));
    });

    it('knows no question that was never asked', async () => {
      const logs = world.open();

      await expect(logs.poll('never')).rejects.toThrow(LogQueryFailed);
      await expect(logs.page('never', null)).rejects.toThrow(LogQueryFailed);
    });

    it('splits a second by the random digits of its ids into parts that make the whole', async () => {
      const lines = Array.from({ length: 64 }, (_, n) => {
        const byte = (n * 37) % 256;
        return lineAt(NOON_MS, { id: idAt(NOON_MS, byte), admitted_ms: NOON_MS });
      });
      const unread = '{"tollbook":"usage/1","id":"unreadable"';
      world.write(NOON_MS, [...lines, unread]);
      const logs = world.open();
      const splits = [...Array(16).keys()].map((digit) => digit.toString(16));
      const part = (split: string) => messages(logs, linesAt({ split }));

      const parts = await Promise.all([...splits, 'other'].map(part));

      expect(parts.flat().sort()).toEqual([...lines, unread].sort());
      expect(parts[16]).toEqual([unread]);
      const finer = await Promise.all(splits.map((digit) => part(`a${digit}`)));
      expect(finer.flat().sort()).toEqual([...parts[10]!].sort());
    });

    it('answers of a log without a line that there is none', async () => {
      const logs = world.open();

      expect(await rowsOf(logs, linesAt())).toEqual([]);
      expect(await answerTo(logs, { kind: 'minutes', window, ...WHOLE })).toEqual({
        ...{ status: 'Complete', counts: [], foreign: 0 },
        statistics: { matched: 0, scanned: 0, bytes: 0 },
      });
    });

    it('finds what is written after a question was answered', async () => {
      const logs = world.open();
      expect(await rowsOf(logs, linesAt())).toEqual([]);

      world.write(NOON_MS, [lineAt(NOON_MS)]);
      expect(await rowsOf(logs, linesAt())).toHaveLength(1);
      world.write(NOON_MS, [lineAt(NOON_MS + 1)]);
      expect(await rowsOf(logs, linesAt())).toHaveLength(2);
    });

    it('gives the same lines as bytes, where it keeps them so', async () => {
      const lines = [0, 1, 2, 3, 4].map((n) => lineAt(NOON_MS + n * 1000));
      world.write(NOON_MS, lines);
      world.write(window.startMs - HOUR_MS, [
        lineAt(window.startMs - 1, { admitted_ms: window.startMs }),
      ]);
      const logs = world.open({ pageRows: 4 });
      const id = await logs.start(linesAt());
      await logs.poll(id);
      const [page, packed] = [await logs.page(id, null), await logs.packedPage?.(id, null)];
      if (!packed) return;

      const read = packed.lines.flatMap(({ bytes, start, end, emittedMs, count }) =>
        Array.from({ length: count }, (_, line) => ({
          message: new TextDecoder().decode(bytes.subarray(start[line], end[line])),
          timestampMs: emittedMs[line],
        })),
      );
      expect(read).toEqual(page.rows.map(({ message, timestampMs }) => ({ message, timestampMs })));
      expect([read.length, new Set(packed.places).size]).toEqual([4, 4]);
      expect(packed.nextToken).toBe(page.nextToken);
    });

    it('reaches into the hours beside the window', async () => {
      const early = lineAt(window.startMs - 1, { admitted_ms: window.startMs });
      world.write(window.startMs - HOUR_MS, [early]);

      expect(await messages(world.open(), linesAt())).toEqual([early]);
    });
  });
}
