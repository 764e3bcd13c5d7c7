import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import fc from 'fast-check';
import { HOUR_MS, hourOf } from '../../domain/instant.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { hasMarker, rawAdmittedMs, rawTokens } from '../../domain/raw-line.ts';
import { windowOf, windowTimeMs } from '../../domain/window.ts';
import { LogQueryFailed, LogQueryThrottled } from '../../handlers/ports.ts';
import { createInsightsQuery } from '../../runtime/aws/log/insights-query.ts';
import { insightsStatement } from '../../runtime/aws/log/insights-statements.ts';
import { answerTo, describeLogQuery, lineAt, linesAt, rowsOf } from '../contract/log-query.ts';
import type { LogLimits } from '../contract/log-query.ts';
import { hostileLine } from '../domain/hostile-lines.ts';
import { NOON_MS } from '../domain/usage-events.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startInsightsServer } from './stand-ins/insights-server.ts';
import type { InsightsServer, InsightsSettings } from './stand-ins/insights-server.ts';

const LOG_GROUP = 'tollbook-usage';
const TOMORROW_MS = NOON_MS + 24 * HOUR_MS;
const window = windowOf(NOON_MS);
const WHOLE = { fromS: window.startMs / 1000 - 300, toS: window.endMs / 1000 + 1799 };
const MINUTES = { kind: 'minutes', window, ...WHOLE } as const;

function adapterOf(server: InsightsServer, rowLimit?: number) {
  const client = new CloudWatchLogsClient(clientOf(server.endpoint));
  return createInsightsQuery({ client, logGroup: LOG_GROUP, ...(rowLimit && { rowLimit }) });
}

async function openWorld(fixed: Partial<InsightsSettings>) {
  const server = await startInsightsServer(fixed);
  return {
    write(ms: number, lines: readonly (string | Uint8Array)[]) {
      server.putLines(
        ms,
        lines.map((line) => Buffer.from(line as string).toString()),
      );
    },
    open({ rowLimit, runningPolls = 0, ...limits }: LogLimits = {}, nowMs = TOMORROW_MS) {
      // The suite asks for a page after each poll: a running query sees twice as many calls.
      server.set({ ...limits, now: () => nowMs, runningCalls: runningPolls * 2 });
      return adapterOf(server, rowLimit);
    },
    close: () => server.close(),
  };
}

describeLogQuery('Logs Insights', () => openWorld({}));
describeLogQuery('Logs Insights, if its last second ends where it begins', () =>
  openWorld({ endIsWhole: false }),
);
describeLogQuery('Logs Insights, if it writes numbers as doubles', () =>
  openWorld({ sumForm: 'double' }),
);

describe('questions to Logs Insights', () => {
  let server: InsightsServer;
  beforeAll(async () => {
    server = await startInsightsServer();
  });
  beforeEach(() => {
    server.set({ now: () => TOMORROW_MS });
  });
  afterAll(() => server.close());

  it('ask one log group, in its own language, for a second more than is meant', async () => {
    const id = await adapterOf(server).start(linesAt({ fromS: 100, toS: 200, limit: 7 }));

    const { operation, input } = server.calls.at(-1)!;
    expect(operation).toBe('StartQuery');
    expect(input).toMatchObject({
      ...{ logGroupName: LOG_GROUP, queryLanguage: 'CWLI' },
      ...{ startTime: 100, endTime: 201, limit: 7 },
    });
    expect(id).toMatch(/^query-/);
  });

  it('fit the 10,000 characters that a query may have', () => {
    const questions = [MINUTES, { kind: 'hours', ...WHOLE } as const, linesAt({ split: 'abc' })];

    for (const question of questions) {
      expect(insightsStatement(question, 't01234567').length).toBeLessThan(2_500);
    }
  });

  it('name their fields anew each time, so that no line can name one', async () => {
    await adapterOf(server).start(linesAt());
    await adapterOf(server).start(linesAt());

    const [one, two] = server.calls.slice(-2).map(({ input }) => String(input['queryString']));
    expect(one).not.toBe(two);
    expect(one?.replaceAll(/t[0-9a-f]{8}/g, '')).toBe(two?.replaceAll(/t[0-9a-f]{8}/g, ''));
  });

  it('refuse a split that could be more than a part of an id', () => {
    for (const split of ['', 'A', 'abcd', '0/ or 1=1', 'others']) {
      expect(() => insightsStatement(linesAt({ split }), 't')).toThrow(/one to three hex digits/);
    }
  });

  it('that are throttled say so, whatever the service calls it', async () => {
    const logs = adapterOf(server);
    server.set({ now: () => TOMORROW_MS + 1000, startsPerSecond: 1, tooOften: (call) => call < 2 });
    const id = await logs.start(linesAt());

    await expect(logs.start(linesAt())).rejects.toThrow(LogQueryThrottled);
    await expect(logs.poll(id)).rejects.toThrow(LogQueryThrottled);
    await expect(logs.page(id, null)).rejects.toThrow(LogQueryThrottled);
    expect((await logs.poll(id)).status).toBe('Complete');
  });

  it('of a log group that is not there fail, and are not asked again and again', async () => {
    const client = new CloudWatchLogsClient(clientOf(server.endpoint));
    const logs = createInsightsQuery({ client, logGroup: 'another' });

    await expect(logs.start(linesAt())).rejects.toThrow(LogQueryFailed);
    await expect(logs.start(linesAt())).rejects.toThrow(/log group another/);
  });

  it('are answered to whoever knows their id: another process may poll and page', async () => {
    server.putLines(NOON_MS, [lineAt(NOON_MS, { output: 11 })]);
    const minutes = await adapterOf(server).start(MINUTES);
    const lines = await adapterOf(server).start(linesAt());

    expect((await adapterOf(server).poll(minutes)).counts[0]?.tokens.output).toBe(11);
    expect((await adapterOf(server).poll(lines)).counts).toEqual([]);
    expect((await adapterOf(server).page(lines, null)).rows).toHaveLength(1);
  });
});

describe('counts of Logs Insights', () => {
  it('come whole from as many pages as they fill', async () => {
    const world = await openWorld({});
    const minutes = Array.from({ length: 50 }, (_, n) => window.startMs + n * 60_000);
    world.write(
      NOON_MS,
      minutes.flatMap((ms) => [lineAt(ms), 'START']),
    );

    const { counts, foreign, statistics } = await answerTo(world.open({ pageRows: 7 }), MINUTES);

    expect(counts.map(({ startMs }) => startMs)).toEqual(minutes);
    expect([foreign, statistics.matched]).toEqual([50, 50]);
    await world.close();
  });

  it('past what one answer holds are refused: nobody can tell whether more were cut off', async () => {
    const world = await openWorld({});
    const hours = Array.from({ length: 10_001 }, (_, n) => NOON_MS - n * HOUR_MS);
    for (const ms of hours) {
      world.write(ms, [`{"tollbook":"usage/1","admitted_ms":${ms},"settled_ms":${ms}}`]);
    }
    const question = { kind: 'hours', fromS: 0, toS: NOON_MS / 1000 } as const;

    await expect(answerTo(world.open(), question)).rejects.toThrow(/got 10000 counts/);
    await world.close();
  });

  it('that are no whole numbers are refused', async () => {
    const world = await openWorld({});
    const line = `{"tollbook":"usage/1","admitted_ms":${NOON_MS},"settled_ms":${NOON_MS},"input":999999999999}`;
    world.write(
      NOON_MS,
      Array.from({ length: 9_008 }, () => line),
    );

    // 9,008 × 999,999,999,999 > 2^53.
    await expect(answerTo(world.open(), MINUTES)).rejects.toThrow(LogQueryFailed);
    await world.close();
  });
});

describe('Logs Insights and the domain', () => {
  const sumOf = (lines: readonly string[], meter: (typeof TOKEN_METERS)[number]) =>
    lines.reduce((sum, line) => sum + rawTokens(line)[meter], 0);

  it('read the same counts out of any line', async () => {
    const range = { fromS: window.startMs / 1000 - 3600, toS: window.endMs / 1000 + 3599 };
    const journal = fc.array(hostileLine, { minLength: 1, maxLength: 30 });

    await fc.assert(
      fc.asyncProperty(journal, async (lines) => {
        const world = await openWorld({});
        world.write(NOON_MS, lines);
        const logs = world.open();
        const minutes = await answerTo(logs, { kind: 'minutes', window, ...range });
        const hours = await answerTo(logs, { kind: 'hours', ...range });
        const rows = await rowsOf(logs, linesAt(range));
        await world.close();

        const usage = lines.filter(hasMarker);
        const hourOfLine = (line: string) => hourOf(windowTimeMs(NOON_MS, rawAdmittedMs(line)));
        const mine = usage.filter((line) => hourOfLine(line) === window.startMs);
        expect(rows.map(({ message }) => message).sort()).toEqual([...mine].sort());
        expect(minutes.foreign).toBe(lines.length - usage.length);
        expect(minutes.statistics.matched).toBe(mine.length);
        for (const meter of TOKEN_METERS) {
          const total = minutes.counts.reduce((sum, { tokens }) => sum + tokens[meter], 0);
          expect([meter, total]).toEqual([meter, sumOf(mine, meter)]);
        }
        for (const { startMs, lines: counted } of hours.counts) {
          const there = usage.filter((line) => hourOfLine(line) === startMs);
          expect([startMs, counted]).toEqual([startMs, there.length]);
        }
        expect(hours.statistics.matched).toBe(usage.length);
      }),
      { numRuns: 150 },
    );
  });

  it('differ on a line that names a field of the statement: hence names that nobody knows', async () => {
    const line = `{"tollbook":"usage/1","xadmitted":${NOON_MS - HOUR_MS},"settled_ms":${NOON_MS}}`;
    const server = await startInsightsServer({ now: () => TOMORROW_MS });
    server.putLines(NOON_MS, [line]);
    const client = new CloudWatchLogsClient(clientOf(server.endpoint));
    client.middlewareStack.add(
      (next) => (args) => {
        const input = args.input as { queryString?: string };
        if (input.queryString !== undefined) {
          input.queryString = input.queryString.replaceAll(/t[0-9a-f]{8}/g, 'x');
        }
        return next(args);
      },
      { step: 'initialize' },
    );

    const guessed = createInsightsQuery({ client, logGroup: LOG_GROUP });
    expect(await rowsOf(guessed, linesAt())).toHaveLength(0);
    expect(await rowsOf(adapterOf(server), linesAt())).toHaveLength(1);
    await server.close();
  });
});

describe('the stand-in of Logs Insights', () => {
  it.each([
    'fields @timestamp | dedup @message',
    'fields jsonParse(@message) as json',
    'filter @message like /(?=a)a/',
    'filter `a-b` = 1',
    'parse @message "glob *" as g',
    'stats avg(input) as a by start',
    'stats count(*) as n by bin(1m)',
    'fields a_b as c',
    'fields strlen(@message) as length',
    'fields @timestamp limit 5',
    'fields datefloor(@timestamp, 300s) as start',
  ])('refuses what it does not evaluate: %s', async (queryString) => {
    const server = await startInsightsServer({ now: () => TOMORROW_MS });
    server.put(NOON_MS, 'line');
    const response = await fetch(server.endpoint, {
      method: 'POST',
      headers: { 'x-amz-target': 'Logs_20140328.StartQuery' },
      body: JSON.stringify({
        ...{ logGroupName: LOG_GROUP, queryString },
        ...{ startTime: 0, endTime: TOMORROW_MS / 1000 },
      }),
    });

    expect(await response.json()).toMatchObject({ __type: 'MalformedQueryException' });
    await server.close();
  });
});
