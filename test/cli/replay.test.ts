import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { tableFromIPC } from 'apache-arrow';
import type { Decimal } from 'apache-arrow';
import {
  appendFileSync,
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatUsd, parseUsd, picoUsd, sumUsd } from '../../domain/money.ts';
import { digests } from '../metering/deployment.ts';
import { jsonOf, tollbook } from './tollbook.ts';
import type { Said } from './tollbook.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-replay-'));
const data = join(root, 'data');
const csv = join(root, 'trace.csv');
const jsonl = join(root, 'trace.jsonl');
const NOW = '2024-01-02T00:00:00Z';
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** 120 requests from 2023-12-31 23:00, one a minute: 10 + n tokens in, n % 9 out. */
const REQUESTS = 120;
writeFileSync(
  csv,
  [
    'TIMESTAMP,ContextTokens,GeneratedTokens',
    ...Array.from({ length: REQUESTS }, (_, n) => {
      const [hour, minute] = [n < 60 ? '2023-12-31 23' : '2024-01-01 00', n % 60];
      return `${hour}:${String(minute).padStart(2, '0')}:00.0000000,${10 + n},${n % 9}`;
    }),
  ].join('\n'),
);
// By hand: 120 × 10 + 119 × 120 / 2 in; 13 × (0 + … + 8) + 0 + 1 + 2 out.
const INPUT = 1_200 + 7_140;
const OUTPUT = 13 * 36 + 3;

/** Prompts of blocks of 512 tokens: [start in ms, tokens in, blocks]. */
const PROMPTS = [
  [0, 1_500, [1, 2]],
  [1_000, 1_500, [1, 2]],
  [2_000, 1_030, [1, 2, 3]],
  [700_000, 600, [1]],
  [701_000, 40, undefined],
] as const;
writeFileSync(
  jsonl,
  PROMPTS.map(([timestamp, input_length, hash_ids]) =>
    JSON.stringify({ timestamp, input_length, output_length: 5, hash_ids }),
  ).join('\n'),
);

type Row = Readonly<Record<string, string | number | null>>;
interface Report {
  readonly rows: readonly Row[];
  readonly totals: Row;
}

const lake = join(data, 'lake');
const trust = join(data, 'trust.json');
const checkpoint = () =>
  join(data, 'checkpoints', readdirSync(join(data, 'checkpoints')).sort().at(-1)!);

const ask = async (sql: string) =>
  jsonOf(await tollbook('query', '--data', data, sql, '--json')) as { rows: Row[] };

let simulated: Said;
let metered: Said;
let reported: Said;
/** Calls as the lake has them, in order of admission. */
let calls: readonly Row[];
beforeAll(async () => {
  const args = ['--trace', csv, '--seed', '7', '--faults', 'off'];
  simulated = await tollbook('simulate', '--data', data, ...args, '--json');
  await tollbook('meter', '--data', data, '--now', '2024-01-01T00:20:00Z');
  metered = await tollbook('meter', '--data', data, '--now', NOW, '--json');
  [reported, { rows: calls }] = await Promise.all([
    tollbook('report', '--data', data, '--json'),
    ask('SELECT id, cost, run FROM usage ORDER BY admitted_at'),
  ]);
});

describe('simulate', () => {
  it('says what it replayed and what the simulated Bedrock counted', () => {
    expect([simulated.code, jsonOf(simulated)]).toEqual([
      0,
      {
        calls: REQUESTS,
        first: '2023-12-31T23:00:00.000Z',
        last: '2024-01-01T00:59:00.000Z',
        bedrock: {
          ...{ calls: REQUESTS, silent: 0, guardrail: {} },
          tokens: {
            ...{ input: INPUT, cache_read: 0, cache_write_5m: 0, cache_write_1h: 0 },
            output: OUTPUT,
          },
        },
      },
    ]);
    expect(simulated.stderr).toContain('calls');
  });

  it('is refused a second time into one folder', async () => {
    const before = digests(join(data, 'journal'));

    const { code, stderr } = await tollbook('simulate', '--data', data, '--trace', csv);

    expect(code).toBe(1);
    expect(stderr).toContain('holds calls of');
    expect(digests(join(data, 'journal'))).toEqual(before);
  });

  it('leaves the same lake data for the same seed in any folder', async () => {
    const dataOf = async (seed: string) => {
      const folder = mkdtempSync(join(root, 'seed-'));
      await tollbook('simulate', '--data', folder, '--trace', csv, '--seed', seed);
      expect((await tollbook('meter', '--data', folder, '--now', NOW)).code).toBe(0);
      return digests(join(folder, 'lake', 'data'));
    };

    const [one, same] = await Promise.all([dataOf('3'), dataOf('3')]);

    expect(Object.keys(one).length).toBeGreaterThan(5);
    expect(same).toEqual(one);
  });

  it('splits prompts of known blocks into meters that add up to their length', async () => {
    const folder = join(root, 'blocks');
    await tollbook('simulate', '--data', folder, '--trace', jsonl, '--faults', 'off');
    await tollbook('meter', '--data', folder, '--now', NOW);

    const said = await tollbook(
      ...['query', '--data', folder, '--json'],
      `SELECT input, cache_read, cache_write_5m, cache_write_1h, output,
         CAST(admitted_at AS VARCHAR) AS at FROM usage ORDER BY admitted_at`,
    );

    const { rows } = jsonOf(said) as { rows: Record<string, number>[] };
    const sums = rows.map((row) => row['input']! + row['cache_read']! + row['cache_write_5m']!);
    expect(sums).toEqual(PROMPTS.map(([, tokens]) => tokens));
    expect(rows.every((row) => row['output'] === 5 && row['cache_write_1h'] === 0)).toBe(true);
    expect(rows[0]).toMatchObject({
      at: '2024-01-01 00:00:00',
      cache_read: 0,
      cache_write_5m: 1024,
    });
    // Twelve minutes later nothing of a prompt is cached any more.
    expect(rows[3]).toMatchObject({ cache_read: 0, cache_write_5m: 512, input: 88 });
    expect(rows[4]).toMatchObject({ cache_read: 0, cache_write_5m: 0, input: 40 });
  });
});

describe('meter', () => {
  it('says how many windows it sealed and where the checkpoint is', () => {
    expect([metered.code, jsonOf(metered)]).toEqual([
      0,
      {
        ...{ tied: true, executions: 1, windows: 1, late: 0, suspended: 0, failure: null },
        checkpoint: 'checkpoint-000000000002.txt',
      },
    ]);
  });

  it('finds nothing left to do', async () => {
    const { code, stdout } = await tollbook('meter', '--data', data, '--now', NOW);

    expect([code, stdout]).toEqual([
      0,
      '0 windows sealed, checkpoint checkpoint-000000000002.txt\n',
    ]);
  });

  it('exits 1, naming the window and what differs, until it is forced', async () => {
    const folder = mkdtempSync(join(root, 'garbage-'));
    const start = '2024-01-01T00:00:00.000Z';
    const garbage = Array.from({ length: 11 }, (_, n) => `"tollbook":"usage/1" ${n}\n`).join('');
    await tollbook('simulate', '--data', folder, '--trace', jsonl, '--faults', 'off');
    appendFileSync(join(folder, 'journal', '2024-01-01T00.jsonl'), garbage);
    const said = `window ${start}: quarantined lines at most 1 % or ten: 11 against 10`;

    const refused = await tollbook('meter', '--data', folder, '--now', NOW, '--json');
    const forced = await tollbook(
      ...['meter', '--data', folder, '--now', NOW],
      ...['--force', start, '--reason', 'a full disk', '--by', 'A. Auditor'],
    );

    expect(refused.code).toBe(1);
    expect(jsonOf(refused)).toMatchObject({
      ...{ tied: false, windows: null },
      failure: { error: 'WindowDoesNotTie', cause: said },
    });
    expect(refused.stderr).toContain(said);
    expect([forced.code, forced.stdout]).toEqual([
      0,
      '1 windows sealed, checkpoint checkpoint-000000000001.txt\n',
    ]);
    const checkpoints = join(folder, 'checkpoints', 'checkpoint-000000000001.txt');
    const verified = await tollbook(
      ...['verify', join(folder, 'lake'), '--trust', join(folder, 'trust.json')],
      ...['--checkpoint', checkpoints],
    );
    expect(verified.code).toBe(0);
  });
});

describe('report', () => {
  it('adds up to the trace, in integers and exact decimals', () => {
    const { rows, totals } = jsonOf(reported) as Report;

    expect([reported.code, reported.stderr, reported.stdout.endsWith('}\n')]).toEqual([
      0,
      '',
      true,
    ]);
    expect(Object.keys(rows[0]!)).toEqual([
      ...['tenant', 'model', 'calls', 'input', 'cache_read', 'cache_write_5m', 'cache_write_1h'],
      ...['output', 'cost', 'unpriced'],
    ]);
    expect(totals).toMatchObject({ calls: REQUESTS, input: INPUT, output: OUTPUT, unpriced: 0 });
    expect(totals['cost']).toMatch(/^\d+\.\d{1,12}$/);
    expect(formatUsd(sumUsd(rows.map(({ cost }) => parseUsd(String(cost)))))).toBe(totals['cost']);
    expect(rows.reduce((sum, row) => sum + Number(row['calls']), 0)).toBe(REQUESTS);
  });

  it('takes hours from and to, the end not included', async () => {
    const callsOf = async (...args: string[]) =>
      (jsonOf(await tollbook('report', '--data', data, '--json', ...args)) as Report).totals[
        'calls'
      ];

    const counted = [
      callsOf('--from', '2024-01-01'),
      callsOf('--to', '2024-01-01T00:00:00Z'),
      callsOf('--from', '2024-01-01', '--to', '2024-01-01'),
    ];

    expect(await Promise.all(counted)).toEqual([60, 60, 0]);
  });

  it('prints CSV with one line a group and money as it is', async () => {
    const { stdout } = await tollbook('report', '--data', data, '--by', 'hour', '--format', 'csv');

    const lines = stdout.split('\n');
    expect(lines[0]).toBe(
      'hour,calls,input,cache_read,cache_write_5m,cache_write_1h,output,cost,unpriced',
    );
    // 60 × 10 + 59 × 60 / 2, then 60 × 70 + 59 × 60 / 2 tokens in.
    expect(lines[1]).toMatch(/^2023-12-31T23:00Z,60,2370,0,0,0,\d+,0\.\d+,0$/);
    expect(lines[2]).toMatch(/^2024-01-01T00:00Z,60,5970,0,0,0,\d+,0\.\d+,0$/);
    expect(lines.slice(3)).toEqual(['']);
  });

  it('prints a table for people with names of tenants and a total', async () => {
    const { stdout } = await tollbook('report', '--data', data, '--by', 'tenant');

    expect(stdout).toMatch(/^tenant +calls +input +output +USD *\n/);
    expect(stdout).toMatch(/^checkout +\d+ /m);
    expect(stdout).toMatch(/^total +120 +8,340 +471 +0\.\d+ *$/m);
    expect(stdout.endsWith('\n')).toBe(true);
  });
});

describe('query', () => {
  const SQL = 'SELECT count(*) AS calls, sum(amount) AS amount, NULL AS nothing FROM charges';

  it('answers in JSON and CSV without rounding, and in a table', async () => {
    const [{ rows }, csvSaid, tableSaid] = await Promise.all([
      ask(SQL),
      tollbook('query', '--data', data, SQL, '--format', 'csv'),
      tollbook('query', '--data', data, SQL),
    ]);

    const { totals } = jsonOf(reported) as Report;
    expect(rows).toEqual([{ calls: expect.any(Number), amount: totals['cost'], nothing: null }]);
    expect(csvSaid.stdout).toBe(`calls,amount,nothing\n${rows[0]!['calls']},${totals['cost']},\n`);
    expect(tableSaid.stdout).toContain(String(totals['cost']));
  });

  it('answers in Arrow with decimals, integers and instants that lose nothing', async () => {
    const { code, bytes } = await tollbook(
      ...['query', '--data', data, '--format', 'arrow'],
      `SELECT tenant, input, cost, admitted_at, stream, project
       FROM usage ORDER BY admitted_at, id`,
    );

    expect(code).toBe(0);
    const table = tableFromIPC(bytes);
    expect(table.numRows).toBe(REQUESTS);
    const cost = table.getChild('cost')!;
    expect([(cost.type as Decimal).precision, (cost.type as Decimal).scale]).toEqual([18, 12]);
    const costs = Array.from(cost, (words) => integerOf(words as Uint32Array));
    const { totals } = jsonOf(reported) as Report;
    expect(formatUsd(sumUsd(costs))).toBe(totals['cost']);
    expect(Array.from(table.getChild('input')!)).toEqual(
      Array.from({ length: REQUESTS }, (_, n) => BigInt(10 + n)),
    );
    expect(Number(table.getChild('admitted_at')!.get(0))).toBe(Date.UTC(2023, 11, 31, 23));
  });

  it('sees no table with a floating-point column', async () => {
    const tables = ['usage', 'charges', 'quarantine', 'prices'];
    const columns = tables.map((table) => `SELECT * FROM (DESCRIBE SELECT * FROM ${table})`);

    const { rows } = await ask(columns.join(' UNION ALL '));

    const types = rows.map((row) => String(row['column_type']));
    expect(types.filter((type) => /DOUBLE|FLOAT|REAL/.test(type))).toEqual([]);
    expect(types.length).toBeGreaterThan(80);
  });
});

/** A 128-bit little-endian integer. */
function integerOf(words: Uint32Array): bigint {
  return picoUsd(words.reduceRight((sum, word) => (sum << 32n) | BigInt(word), 0n));
}

describe('trace', () => {
  it('follows a call from its reservation to its seal', async () => {
    const [row] = calls;

    const said = await tollbook('trace', '--data', data, String(row!['id']), '--json');

    const { attempts } = jsonOf(said) as { attempts: Record<string, unknown>[] };
    expect(attempts).toHaveLength(1);
    const { reservation, prices, sealed } = attempts[0] as {
      reservation: { state: string; reserved: string };
      prices: { amount: string; quantity: number; unit_price: string }[];
      sealed: Record<string, unknown>;
    };
    expect(reservation).toEqual({ state: 'SETTLED', reserved: expect.stringMatching(/^0\.\d+$/) });
    expect(formatUsd(sumUsd(prices.map(({ amount }) => parseUsd(amount))))).toBe(row!['cost']);
    for (const { amount, quantity, unit_price: price } of prices) {
      expect(parseUsd(amount)).toBe(BigInt(quantity) * parseUsd(price));
    }
    expect(sealed).toMatchObject({ seq: 0, kind: 'window', run: row!['run'] });
  });

  it('says the same to people', async () => {
    const { id, cost } = calls.at(-1)!;

    const { code, stdout } = await tollbook('trace', '--data', data, String(id));

    expect(code).toBe(0);
    expect(stdout).toMatch(/^ {2}reservation {2}SETTLED$/m);
    expect(stdout).toContain(`  cost         ${cost}\n`);
    expect(stdout).toContain('sealed by manifest 1 (window)');
  });
});

describe('verify', () => {
  it('exits 0 with trust file and checkpoint, however they are ordered', async () => {
    const first = await tollbook('verify', lake, '--trust', trust, '--checkpoint', checkpoint());
    const last = await tollbook(
      ...['verify', '--trust', trust, '--checkpoint', checkpoint(), '--recompute', lake],
    );

    expect([first.code, first.stderr]).toEqual([0, '']);
    expect(first.stdout).toMatch(/^OK: ledger local-[0-9a-f]{12}, 2 manifests, /);
    expect([last.code, last.stdout]).toEqual([0, first.stdout]);
    expect(last.stderr).toBe(
      'manifest 0, window 2023-12-31T23:00:00.000Z: recomputed to the same bytes\n' +
        'manifest 1, window 2024-01-01T00:00:00.000Z: recomputed to the same bytes\n',
    );
  });

  it.each<[string, () => string[], string]>([
    ['a checkpoint', () => ['--trust', trust], 'no-checkpoint'],
    ['a trust file', () => ['--checkpoint', checkpoint()], 'no-trust'],
  ])('exits 2 without %s', async (_, given, finding) => {
    const { code, stdout } = await tollbook('verify', lake, ...given(), '--json');

    expect(code).toBe(2);
    const { verdict, findings } = JSON.parse(stdout) as {
      verdict: string;
      findings: { code: string }[];
    };
    expect(verdict).toBe('incomplete');
    expect(findings.map((found) => found.code)).toContain(finding);
  });

  it('takes newer manifests than the checkpoint as fine', async () => {
    const early = join(data, 'checkpoints', 'checkpoint-000000000001.txt');

    const { code, stdout } = await tollbook(
      ...['verify', lake, '--trust', trust, '--checkpoint', early],
    );

    expect([code, stdout]).toEqual([0, expect.stringContaining('2 manifests')]);
  });

  it.each<[string, (copy: string) => void]>([
    [
      'a byte of a data file',
      (copy) => {
        flip(copy, 'data/charges');
      },
    ],
    [
      'a byte of a manifest',
      (copy) => {
        flip(copy, 'manifests');
      },
    ],
    [
      'its last manifest gone',
      (copy) => {
        rmSync(pathsOf(copy, 'manifests').at(-1)!);
      },
    ],
    [
      'a data file gone',
      (copy) => {
        rmSync(pathsOf(copy, 'data/usage')[0]!);
      },
    ],
  ])('exits 1 for a lake with %s', async (_, tamper) => {
    const copy = mkdtempSync(join(root, 'tampered-'));
    cpSync(lake, copy, { recursive: true });
    tamper(copy);

    const { code, stdout } = await tollbook(
      ...['verify', copy, '--trust', trust, '--checkpoint', checkpoint()],
    );

    expect([code, stdout]).toEqual([1, expect.stringContaining('TAMPERED')]);
  });
});

function pathsOf(folder: string, part: string): string[] {
  const names = Object.keys(digests(join(folder, part)));
  return names
    .filter((name) => !name.endsWith('.parquet') || part !== 'prices')
    .map((name) => join(folder, part, name));
}

/** Changes one bit in the middle of the first file. */
function flip(folder: string, part: string): void {
  const [file] = pathsOf(folder, part);
  const bytes = readFileSync(file!);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file!, bytes);
}
