import { afterAll, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { HOUR_MS, hourOf } from '../../../../domain/instant.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../../../domain/meters.ts';
import { hasMarker, rawAdmittedMs, rawTokens } from '../../../../domain/raw-line.ts';
import { windowOf, windowTimeMs } from '../../../../domain/window.ts';
import type { LogQuestion } from '../../../../handlers/ports.ts';
import { createJournalQuery } from '../../../../runtime/local/journal/journal-query.ts';
import { journalFileOf } from '../../../../runtime/local/journal/journal.ts';
import {
  answerTo,
  describeLogQuery,
  lineAt,
  linesAt,
  rowsOf,
} from '../../../contract/log-query.ts';
import type { LogLimits } from '../../../contract/log-query.ts';
import { hostileLine } from '../../../domain/hostile-lines.ts';
import { NOON_MS } from '../../../domain/usage-events.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-query-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

let folders = 0;
const newFolder = () => {
  const folder = join(root, `journal-${(folders += 1)}`);
  mkdirSync(folder);
  return folder;
};
const TOMORROW_MS = NOON_MS + 24 * HOUR_MS;
const openLog = (folder: string, settings: LogLimits = {}, nowMs = TOMORROW_MS) =>
  createJournalQuery({ folder, clock: { now: () => nowMs }, settings });
const FILE = journalFileOf(NOON_MS);

describeLogQuery('the journal', () => {
  const folder = newFolder();
  return {
    write(ms, lines) {
      for (const line of lines) {
        const path = join(folder, journalFileOf(ms));
        appendFileSync(path, Buffer.concat([Buffer.from(line as string), Buffer.of(0x0a)]));
      }
    },
    open: (limits, nowMs) => openLog(folder, limits, nowMs),
    close: () => undefined,
  };
});

/** The rows of noon's window from a journal of these bytes. */
async function rowsFrom(bytes: string | Uint8Array) {
  const folder = newFolder();
  writeFileSync(join(folder, FILE), bytes);
  return rowsOf(openLog(folder), linesAt());
}

describe('a journal file', () => {
  it('is read to its end where the last line has no line feed', async () => {
    const [one, two] = [lineAt(NOON_MS), lineAt(NOON_MS + 1)];

    const rows = await rowsFrom(`${one}\n${two}`);

    expect(rows.map(({ message }) => message)).toEqual([one, two]);
  });

  it('has no lines where nothing stands between two line feeds', async () => {
    const line = lineAt(NOON_MS);

    expect(await rowsFrom(`\n\n${line}\n\n\n`)).toHaveLength(1);
    expect(await rowsFrom('')).toEqual([]);
    expect(await rowsFrom('\n')).toEqual([]);
  });

  it('gives a line that cannot be read the time of its predecessor', async () => {
    const torn = '{"tollbook":"usage/1","settled_ms":';

    const rows = await rowsFrom(`${torn}\n${lineAt(NOON_MS + 7000)}\n${torn}\n`);

    // The first has none before it: the hour of the file is all that is known.
    expect(rows.map(({ timestampMs }) => timestampMs - NOON_MS)).toEqual([0, 7000, 7000]);
  });

  it.each([0, -3 * HOUR_MS, 3 * HOUR_MS, 9e12 - NOON_MS])(
    'does not believe a line that claims to be from %i ms off its hour',
    async (offMs) => {
      const claim = `{"tollbook":"usage/1","admitted_ms":${NOON_MS},"settled_ms":${NOON_MS + offMs}}`;

      const rows = await rowsFrom(`${lineAt(NOON_MS)}\n${claim}\n`);

      // It is found all the same, so that it ends in quarantine and is counted.
      expect(rows.map(({ message }) => message)).toContain(claim);
    },
  );

  it('keeps line ends of other systems inside the line', async () => {
    const rows = await rowsFrom(`${lineAt(NOON_MS)}\r\n`);

    expect(rows[0]?.message).toBe(`${lineAt(NOON_MS)}\r`);
  });

  it('counts bytes that are no UTF-8 as what they are, and finds the lines around them', async () => {
    const bad = Buffer.concat([
      Buffer.from('{"tollbook":"usage/1","tenant":"'),
      Buffer.of(0xff, 0xc3, 0x28, 0xe2, 0x82, 0x00),
      Buffer.from('","input":5}'),
    ]);
    const [one, two] = [lineAt(NOON_MS), lineAt(NOON_MS + 1)].map((line) => Buffer.from(line));
    const LF = Buffer.of(0x0a);

    const rows = await rowsFrom(Buffer.concat([one!, LF, bad, LF, two!, LF]));

    expect(rows.map(({ message }) => message)).toEqual([
      one!.toString(),
      bad.toString('utf8'),
      two!.toString(),
    ]);
  });

  it('finds the lines around one of 20 million bytes', async () => {
    const [one, two] = [lineAt(NOON_MS), lineAt(NOON_MS + 1)];
    const huge = `{"tollbook":"usage/1","tenant":"${'x'.repeat(20_000_000)}"}`;

    const rows = await rowsFrom(`${one}\n${huge}\n${two}\n`);

    expect(rows.map(({ message }) => message.length)).toEqual([
      one.length,
      huge.length,
      two.length,
    ]);
  });

  it('is read across the edges of what is read at once', async () => {
    // 8 MiB are read at once; lines of 700 bytes do not divide them.
    const lines = Array.from({ length: 13_000 }, (_, n) => lineAt(NOON_MS + n));
    const folder = newFolder();
    writeFileSync(join(folder, FILE), lines.map((line) => `${line}\n`).join(''));

    const rows = await rowsOf(openLog(folder), linesAt({ limit: 20_000 }));

    expect(rows.map(({ message }) => message)).toEqual(lines);
  });

  it('of 100,000 foreign lines is read in time: none is sought in all that follow', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, FILE), 'START RequestId\n'.repeat(100_000));
    const startedMs = performance.now();

    const { foreign } = await answerTo(openLog(folder), {
      ...{ kind: 'minutes', window: windowOf(NOON_MS) },
      ...{ fromS: NOON_MS / 1000, toS: NOON_MS / 1000 + 3599 },
    });

    expect(foreign).toBe(100_000);
    expect(performance.now() - startedMs).toBeLessThan(5000);
  });

  it('is looked at under whatever name it has', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'restored-by-hand.jsonl'), `${lineAt(NOON_MS)}\n`);

    expect(await rowsOf(openLog(folder), linesAt())).toHaveLength(1);
  });
});

const anyJournal = fc.array(hostileLine, { minLength: 1, maxLength: 30 });

describe('the journal and the domain', () => {
  it('read the same counts out of any line, apart from each other', async () => {
    const folder = newFolder();
    const window = windowOf(NOON_MS);
    const range = { fromS: window.startMs / 1000 - 3600, toS: window.endMs / 1000 + 3599 };

    await fc.assert(
      fc.asyncProperty(anyJournal, async (lines) => {
        writeFileSync(join(folder, FILE), lines.map((line) => `${line}\n`).join(''));
        const logs = openLog(folder);
        const minutes = await answerTo(logs, { kind: 'minutes', window, ...range });
        const hours = await answerTo(logs, { kind: 'hours', ...range });
        const rows = await rowsOf(logs, linesAt(range));

        const usage = lines.filter(hasMarker);
        // All were emitted at noon, so lines without a credible admission belong there.
        const hourOfLine = (line: string) => hourOf(windowTimeMs(NOON_MS, rawAdmittedMs(line)));
        const mine = usage.filter((line) => hourOfLine(line) === window.startMs);
        expect(rows.map(({ message }) => message).sort()).toEqual([...mine].sort());
        expect(minutes.foreign).toBe(lines.length - usage.length);
        expect(minutes.statistics.matched).toBe(mine.length);
        expect(totalOf(minutes.counts)).toEqual({
          lines: mine.length,
          ...Object.fromEntries(TOKEN_METERS.map((meter) => [meter, sumOf(mine, meter)])),
        });
        for (const { startMs, lines: counted } of hours.counts) {
          const there = usage.filter((line) => hourOfLine(line) === startMs);
          expect([startMs, counted]).toEqual([startMs, there.length]);
        }
        expect(hours.statistics.matched).toBe(usage.length);
      }),
      { numRuns: 400 },
    );
  });
});

function sumOf(lines: readonly string[], meter: (typeof TOKEN_METERS)[number]): number {
  return lines.reduce((sum, line) => sum + rawTokens(line)[meter], 0);
}

function totalOf(counts: Awaited<ReturnType<typeof answerTo>>['counts']) {
  const total: Record<string, number> = { lines: 0, ...NO_TOKENS };
  for (const { lines, tokens } of counts) {
    total['lines']! += lines;
    for (const meter of TOKEN_METERS) total[meter]! += tokens[meter];
  }
  return total;
}

describe('what is learnt of the journal', () => {
  const WRITTEN_S = NOON_MS / 1000;
  const open = (folder: string, kept: string) =>
    createJournalQuery({ folder, kept, clock: { now: () => TOMORROW_MS } });

  it('is kept for others, who then find the same without reading a file again', async () => {
    const [folder, kept] = [newFolder(), join(newFolder(), 'kept')];
    const lines = [0, 1, 2].map((n) => lineAt(NOON_MS + n * 61_000));
    const file = join(folder, FILE);
    writeFileSync(file, `${lines.join('\n')}\n{"level":"info"}\n`);
    utimesSync(file, WRITTEN_S, WRITTEN_S);
    const questions = [
      linesAt(),
      ...(['hours', 'minutes'] as const).map((kind) => ({ ...linesAt(), kind })),
    ] as LogQuestion[];
    const first = open(folder, kept);
    expect(first.unread()).toEqual([FILE]);
    const answers = [];
    for (const question of questions) answers.push(await answerTo(first, question));
    expect(first.unread()).toEqual([]);

    // Other bytes of the same length and time: who reads the file again finds no usage line.
    writeFileSync(file, readFileSync(file, 'utf8').replaceAll('"tollbook"', '"tellbook"'));
    utimesSync(file, WRITTEN_S, WRITTEN_S);
    const second = open(folder, kept);
    expect(second.unread()).toEqual([]);
    for (const [at, question] of questions.entries()) {
      expect(await answerTo(second, question)).toEqual(answers[at]);
    }
  });

  it('is learnt anew once a file has grown', async () => {
    const [folder, kept] = [newFolder(), newFolder()];
    const file = join(folder, FILE);
    writeFileSync(file, `${lineAt(NOON_MS)}\n`);
    open(folder, kept).learn(FILE);
    appendFileSync(file, `${lineAt(NOON_MS + 1)}\n`);

    const logs = open(folder, kept);

    expect(logs.unread()).toEqual([FILE]);
    expect(await rowsOf(logs, linesAt())).toHaveLength(2);
  });
});
