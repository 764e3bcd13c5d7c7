import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HOUR_MS } from '../../../../domain/instant.ts';
import { TOKEN_METERS } from '../../../../domain/meters.ts';
import { macFaultOf } from '../../../../domain/mac-fault.ts';
import { parseUsageLine } from '../../../../domain/usage-line.ts';
import type { UsageEvent } from '../../../../domain/usage-event.ts';
import { openDataFolder } from '../../../../runtime/local/data-folder.ts';
import { meter } from '../../../../runtime/local/meter.ts';
import { FolderInUse, simulate } from '../../../../runtime/local/simulation/simulate.ts';
import type { SimulateResult } from '../../../../runtime/local/simulation/simulate.ts';
import { createLineMac } from '../../../../runtime/node/line-mac.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-simulate-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** 600 requests over two hours, of 1 to 2,000 tokens in and 0 to 49 out. */
const trace = join(root, 'trace.csv');
const CALLS = 600;
const startMs = Date.UTC(2026, 1, 1, 9, 30);
writeFileSync(
  trace,
  [
    'TIMESTAMP,ContextTokens,GeneratedTokens',
    ...Array.from({ length: CALLS }, (_, n) => {
      const at = new Date(startMs + n * 9_000).toISOString().replace('T', ' ').replace('Z', '');
      return `${at}0000,${1 + ((n * 7919) % 2000)},${n % 50}`;
    }),
  ].join('\r\n'),
);

interface Replay {
  readonly data: string;
  readonly result: SimulateResult;
}

async function replay(seed: string, faults: boolean): Promise<Replay> {
  const data = mkdtempSync(join(root, 'data-'));
  const result = await simulate({ data, traces: [trace], seed, faults });
  return { data, result };
}

/** Path → digest of every file under a folder. */
function digests(folder: string): Record<string, string> {
  const entries = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = entries.filter((path) => statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => {
      const bytes = readFileSync(join(folder, path));
      return [path, createHash('sha256').update(bytes).digest('hex')];
    }),
  );
}

/** Every row of every table. */
function tablesOf({ data }: Replay): Record<string, unknown> {
  const db = new DatabaseSync(join(data, 'store.sqlite'));
  const tables = ['tenants', 'keys', 'reservations', 'settled_lines', 'current_price_book'];
  const rows = tables.map((table) => {
    const statement = db.prepare(`SELECT * FROM ${table} ORDER BY 1, 2`);
    return [
      table,
      table.startsWith('current') ? db.prepare(`SELECT * FROM ${table}`).all() : statement.all(),
    ];
  });
  db.close();
  return Object.fromEntries(rows) as Record<string, unknown>;
}

function eventsOf({ data }: Pick<Replay, 'data'>): UsageEvent[] {
  const mac = createLineMac(openDataFolder(data).macKey);
  const files = readdirSync(join(data, 'journal')).sort();
  return files.flatMap((name) => {
    const text = readFileSync(join(data, 'journal', name), 'utf8');
    expect(text.endsWith('\n')).toBe(true);
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => {
        expect(macFaultOf(line, mac)).toBeNull();
        const parsed = parseUsageLine(line);
        if (!parsed.ok) throw new Error(parsed.fault);
        return parsed.event;
      });
  });
}

async function meterAll({ data }: Replay, settings = {}): Promise<Record<string, string>> {
  const folder = openDataFolder(data);
  const { failure } = await meter({ folder, nowMs: startMs + 24 * HOUR_MS, settings });
  expect(failure).toBeNull();
  return digests(join(data, 'lake', 'data'));
}

const sumOf = (events: readonly UsageEvent[], meterName: (typeof TOKEN_METERS)[number]) =>
  events.reduce((sum, event) => sum + event[meterName], 0);

describe('a replay with faults off', () => {
  let plain: Replay;
  let events: UsageEvent[];
  beforeAll(async () => {
    plain = await replay('1', false);
    events = eventsOf(plain);
  });

  it('makes of every row one successful call at its instant, of exactly its tokens', () => {
    const admitted = [...events].sort((a, b) => (a.id < b.id ? -1 : 1));

    expect(events).toHaveLength(CALLS);
    for (const [n, event] of admitted.entries()) {
      expect(event).toMatchObject({
        ...{ admitted_ms: startMs + n * 9_000, outcome: 'ok', status: 200, attempt: 1 },
        ...{ input: 1 + ((n * 7919) % 2000), output: n % 50, cache_read: 0, cache_write_5m: 0 },
      });
    }
  });

  it('writes down what the simulated Bedrock itself counted, no more and no less', () => {
    const { bedrock, calls } = plain.result;

    expect([calls, bedrock.calls, bedrock.silent]).toEqual([CALLS, CALLS, 0]);
    for (const name of TOKEN_METERS) expect(sumOf(events, name)).toBe(bedrock.tokens[name]);
    // By hand: outputs 0 to 49 twelve times over are 12 × 1,225 = 14,700.
    expect(bedrock.tokens.output).toBe(14_700);
  });

  it('settles every reservation with the line that is in the journal', () => {
    const { reservations, settled_lines: lines } = tablesOf(plain) as Record<
      string,
      { id: string; state: string; line: string }[]
    >;

    expect(reservations).toHaveLength(CALLS);
    expect(reservations!.every(({ state }) => state === 'SETTLED')).toBe(true);
    expect(lines!.map(({ id }) => id)).toEqual(events.map(({ id }) => id).sort());
  });

  it('reserves at least what the call used, as far as the model has a price', () => {
    expect(events.every(({ reserved }) => reserved !== null && reserved > 0n)).toBe(true);
  });

  it('is not made twice into one folder', async () => {
    const again = simulate({ data: plain.data, traces: [trace], seed: '1', faults: false });

    await expect(again).rejects.toThrow(FolderInUse);
    expect(eventsOf(plain)).toHaveLength(CALLS);
  });

  it('takes another trace into the same folder', async () => {
    const { data } = await replay('1', false);
    const next = join(root, 'next.jsonl');
    writeFileSync(next, '{"timestamp":0,"input_length":7,"output_length":3}\n');

    await simulate({ data, traces: [next], seed: '1', faults: false });

    const used = eventsOf({ data }).map(({ input, output }) => [input, output]);
    expect(used).toHaveLength(CALLS + 1);
    expect(used).toContainEqual([7, 3]);
  });
});

describe('the same trace and seed', () => {
  let one: Replay;
  let other: Replay;
  beforeAll(async () => {
    [one, other] = [await replay('7', true), await replay('7', true)];
  });

  it('give the same journal, to the byte, in any folder', () => {
    expect(digests(join(one.data, 'journal'))).toEqual(digests(join(other.data, 'journal')));
    expect(one.result).toEqual(other.result);
  });

  it('give the same tenants, keys, reservations and lines', () => {
    expect(tablesOf(one)).toEqual(tablesOf(other));
  });

  it('give the same paths and bytes in the lake, however the log is read', async () => {
    const mean = { logs: { rowLimit: 50, pageRows: 7, runningPolls: 1 } };

    const files = await meterAll(one);

    expect(Object.keys(files).length).toBeGreaterThan(2);
    expect(await meterAll(other, mean)).toEqual(files);
  });

  it('give another journal and other keys than another seed', async () => {
    const stranger = await replay('8', true);
    const [mine, theirs] = [tablesOf(one), tablesOf(stranger)];

    expect(digests(join(stranger.data, 'journal'))).not.toEqual(digests(join(one.data, 'journal')));
    expect(theirs['tenants']).not.toEqual(mine['tenants']);
    expect(theirs['keys']).not.toEqual(mine['keys']);
    const keyOf = ({ data }: Replay) => readFileSync(join(data, 'keys', 'mac.key')).toString('hex');
    expect(keyOf(stranger)).not.toBe(keyOf(one));
    expect(keyOf(other)).toBe(keyOf(one));
  });
});

describe('a trace', () => {
  it('of no request is refused, and leaves no call behind', async () => {
    const empty = join(root, 'empty.csv');
    writeFileSync(empty, 'TIMESTAMP,ContextTokens,GeneratedTokens\n');
    const data = join(root, 'unused');
    mkdirSync(data);

    const nothing = simulate({ data, traces: [empty], seed: '1', faults: false });

    await expect(nothing).rejects.toThrow(/got no rows/);
    expect(readdirSync(data)).toEqual([]);
  });

  it('with prompt blocks is metered as cache use, its meters adding up to each prompt', async () => {
    const jsonl = join(root, 'blocks.jsonl');
    const requests = Array.from({ length: 60 }, (_, n) => ({
      ...{ timestamp: n * 1000, input_length: 1200, output_length: 5, hash_ids: [1, n % 4] },
    }));
    writeFileSync(jsonl, requests.map((one) => JSON.stringify(one)).join('\n'));
    const data = mkdtempSync(join(root, 'data-'));

    const result = await simulate({ data, traces: [jsonl], seed: '1', faults: false });

    const events = eventsOf({ data });
    expect(events).toHaveLength(60);
    for (const { input, cache_read: read, cache_write_5m: written } of events) {
      expect([input, read + written]).toEqual([176, 1024]);
    }
    expect(sumOf(events, 'cache_read')).toBe(result.bedrock.tokens.cache_read);
    expect(result.bedrock.tokens.cache_read).toBeGreaterThan(0);
  });
});
