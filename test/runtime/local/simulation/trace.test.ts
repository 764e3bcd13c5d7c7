import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TraceError, readTraces } from '../../../../runtime/local/simulation/trace.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-trace-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const HEADER = 'TIMESTAMP,ContextTokens,GeneratedTokens';
const FIXTURES = join(__dirname, '../../../../fixtures/traces');

let files = 0;
function file(text: string, name = `trace-${(files += 1)}`): string {
  const path = join(root, name);
  writeFileSync(path, text);
  return path;
}
const read = (...texts: string[]) => readTraces(texts.map((text) => file(text)));

describe('a trace in CSV', () => {
  it('has one request a row: when to the millisecond, and how many tokens', () => {
    const [row] = readTraces([
      file(`${HEADER}\n2023-11-16 18:17:03.9799600,4808,10\n`, 'code.csv'),
    ]);

    expect(row).toEqual({
      atMs: Date.UTC(2023, 10, 16, 18, 17, 3, 979),
      ...{ inputTokens: 4808, outputTokens: 10, blocks: null, trace: 'code.csv' },
    });
  });

  it.each([
    ['line feeds', '\n', '\n'],
    ['carriage returns, as Azure wrote them', '\r\n', '\r\n'],
    ['no end to its last line', '\n', ''],
    ['no end to its last line, and carriage returns', '\r\n', ''],
    ['empty lines behind it', '\n', '\n\n\n'],
  ])('is read with %s', (_, between, end) => {
    const rows = [HEADER, '2023-11-16 18:17:03.979,1,2', '2023-11-16 18:17:04.031,3,4'];

    expect(read(rows.join(between) + end).map((row) => row.outputTokens)).toEqual([2, 4]);
  });

  it('is read as it was published: 28,185 requests in both', () => {
    const names = ['AzureLLMInferenceTrace_code.csv', 'AzureLLMInferenceTrace_conv.csv'];
    const rows = readTraces(names.map((name) => join(FIXTURES, name)));

    expect(rows).toHaveLength(28_185);
    expect(rows.every((row, at) => at === 0 || rows[at - 1]!.atMs <= row.atMs)).toBe(true);
  });

  it.each([
    ...['2023-11-16T18:17:03.979,1,2', '2023-11-16 18:17:03,1,2', '2023-11-16 18:17:03.979,1'],
    ...['2023-11-16 18:17:03.979,-1,2', '2023-11-16 18:17:03.979,1.5,2', 'garbage', ',,'],
    ...[
      '2023-11-16 18:17:03.979,1,2,3',
      '2023-11-31 18:17:03.979,1,2',
      '2023-02-29 00:00:00.000,1,2',
    ],
    ...[
      '2023-11-16 24:00:00.000,1,2',
      '1970-01-01 00:00:00.000,1,2',
      '2023-11-16 18:60:00.000,1,2',
      HEADER,
    ],
  ])('names the file and line of a row that is none: %s', (row) => {
    const bad = () =>
      readTraces([file(`${HEADER}\n2023-11-16 18:17:03.979,1,2\n${row}\n`, 'bad.csv')]);

    expect(bad).toThrow(TraceError);
    expect(bad).toThrow('bad.csv line 3');
  });
});

describe('a trace in JSON lines', () => {
  const line = (differs: object = {}) =>
    JSON.stringify({ timestamp: 0, input_length: 1, output_length: 2, ...differs });

  it('counts from the first instant of 2024, in whole milliseconds', () => {
    const [row] = read(line({ timestamp: 1500.9, input_length: 7, hash_ids: [3, 3] }));

    expect(row).toMatchObject({
      ...{ atMs: Date.UTC(2024, 0, 1) + 1500, inputTokens: 7, outputTokens: 2, blocks: [3, 3] },
    });
    expect(read(line())[0]?.blocks).toBeNull();
  });

  it('may hold more than we read', () => {
    expect(read(line({ model: 'x', user: 'y' }))).toHaveLength(1);
  });

  it.each([
    ...[{ timestamp: -1 }, { timestamp: '0' }, { timestamp: null }, { timestamp: 1e16 }],
    ...[
      { input_length: 1.5 },
      { input_length: -1 },
      { input_length: 1e10 },
      { output_length: '2' },
    ],
    ...[{ hash_ids: 1 }, { hash_ids: [0.5] }, { hash_ids: null }, { hash_ids: ['1'] }],
  ])('names the line and the field of a row that is none: %j', (differs) => {
    const bad = () => readTraces([file(`${line()}\r\n${line(differs)}`, 'bad.jsonl')]);

    expect(bad).toThrow(TraceError);
    expect(bad).toThrow(`bad.jsonl line 2: ${Object.keys(differs)[0]}`);
  });

  it.each(['[]', 'null', '1', '{', 'timestamp'])('is not of the form %s', (text) => {
    expect(() => read(text)).toThrow(TraceError);
  });
});

describe('several traces', () => {
  it('are one, by time; rows of one instant keep the order of the files', () => {
    const csv = `${HEADER}\n2024-01-01 00:00:00.005,1,0\n`;
    const jsonl = [9, 5, 1].map((timestamp, n) =>
      JSON.stringify({ timestamp, input_length: 10 + n, output_length: 0 }),
    );

    const rows = readTraces([file(csv), file(jsonl.join('\n'))]);

    expect(rows.map(({ inputTokens }) => inputTokens)).toEqual([12, 1, 11, 10]);
  });

  it('of no rows are none', () => {
    expect(read('')).toEqual([]);
    expect(read(HEADER)).toEqual([]);
  });
});
