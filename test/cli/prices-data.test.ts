import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS } from '../../domain/instant.ts';
import { HOUR, NOW, createDeployment } from '../metering/deployment.ts';
import type { Deployment } from '../metering/deployment.ts';
import { tollbookHere } from './in-process.ts';
import { jsonOf } from './tollbook.ts';

let deployment: Deployment;
let data: string[];
beforeAll(async () => {
  deployment = await createDeployment({ book: null });
  data = ['--data', deployment.root];
  await tollbookHere('prices', 'update', ...data);
});
afterAll(() => {
  deployment.remove();
});

const NOVA = ['--model', 'amazon.nova-lite-v1:0', '--region', 'us-east-1', '--meter', 'input'];
const ENDPOINT = 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine';
const lookup = async (...args: readonly string[]) =>
  (await tollbookHere('prices', 'lookup', ...data, ...args)).stdout.split('\n')[0];
const ACT = ['--by', 'ada@example.com', '--reason', 'private offer'];

/** The recorded pages with another price for the input tokens of Nova Lite. */
function pagesWithNovaAt(usd: string): string {
  const folder = mkdtempSync(join(deployment.root, 'pages-'));
  cpSync('fixtures/get-products', folder, { recursive: true });
  for (const page of [1, 2, 3, 4]) {
    const path = join(folder, `AmazonBedrock-us-east-1-page-${page}.json`);
    const { PriceList, ...rest } = JSON.parse(readFileSync(path, 'utf8')) as {
      PriceList: string[];
    };
    const changed = PriceList.map((text) =>
      text.includes('"USE1-NovaLite-input-tokens"')
        ? text.replace(/"USD":\s*"[0-9.]+"/, `"USD": "${usd}"`)
        : text,
    );
    writeFileSync(path, JSON.stringify({ ...rest, PriceList: changed }));
  }
  return folder;
}

describe('a data folder', () => {
  it('is asked for its own current book, and for none if it has none', async () => {
    const none = await tollbookHere(
      'prices',
      'lookup',
      ...NOVA,
      '--data',
      join(data[1]!, 'nowhere'),
    );

    expect(await lookup(...NOVA)).toBe('0.00000006');
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('NoPriceBook')]);
  });

  it('gets an override by name and with a reason, from an instant on, and loses it again', async () => {
    const set = ['prices', 'override', ...data, ...NOVA, ...ACT];
    const made = await tollbookHere(...set, '--usd', '0.00000005', '--from', '2026-03-01');

    expect([made.code, made.stdout]).toEqual([
      0,
      expect.stringMatching(/^published: prices\/book-/),
    ]);
    expect(await lookup(...NOVA, '--at', '2026-02-28')).toBe('0.00000006');
    expect(await lookup(...NOVA, '--at', '2026-03-01')).toBe('0.00000005');
    await tollbookHere(...set, '--usd', 'none', '--from', '2026-04-01');
    expect(await lookup(...NOVA, '--at', '2026-04-01')).toBe('0.00000006');
    expect(await lookup(...NOVA, '--at', '2026-03-31')).toBe('0.00000005');
  });

  it('gives an override to all ids of a model, and takes it back from all', async () => {
    const ids = ['openai.gpt-oss-120b', 'openai.gpt-oss-120b-1:0'];
    const ask = (model: string) =>
      lookup('--model', model, '--region', 'us-east-1', '--meter', 'input', '--at', '2026-05-01');
    const listed = await ask(ids[0]!);
    const set = [
      'prices',
      'override',
      ...data,
      ...ACT,
      '--region',
      'us-east-1',
      '--meter',
      'input',
    ];
    const one = [...set, '--model', ids[1]!, '--from', '2026-05-01'];

    await tollbookHere(...one, '--usd', '0.00000001');
    expect([await ask(ids[0]!), await ask(ids[1]!)]).toEqual(['0.00000001', '0.00000001']);
    await tollbookHere(...one, '--usd', 'none');
    expect([await ask(ids[0]!), await ask(ids[1]!)]).toEqual([listed, listed]);
  });

  it('is not made by those who only look', async () => {
    const nowhere = ['--data', join(data[1]!, 'never-made')];
    const id = '01890000-0000-7000-8000-000000000000';
    const hours = ['--from', '2026-01-31T20:00:00Z', '--to', '2026-01-31T21:00:00Z'];

    for (const args of [
      ['prices', 'explain', id, ...nowhere],
      ['reprice', ...nowhere, ...hours, '--book', 'f'.repeat(64)],
    ]) {
      const { code, stderr } = await tollbookHere(...args);
      expect([code, stderr]).toEqual([1, expect.stringContaining('is no data folder')]);
    }
    expect(existsSync(nowhere[1]!)).toBe(false);
  });

  it('prices what no offer sells by an override, and meters it', async () => {
    const key = ['--model', ENDPOINT, '--meter', 'input'];
    expect(await lookup(...key)).toMatch(/^unpriced: not token-priced/);
    for (const meter of ['input', 'output']) {
      const set = [
        '--model',
        ENDPOINT,
        '--meter',
        meter,
        '--usd',
        '0.000001',
        '--from',
        '2026-01-01',
      ];
      await tollbookHere('prices', 'override', ...data, ...set, ...ACT);
    }
    const { id } = await deployment.call({ model: ENDPOINT, model_requested: ENDPOINT });
    await deployment.meter({ nowMs: NOW });

    const told = await tollbookHere('prices', 'explain', id, ...data, '--json');
    // 120 tokens at a millionth of a USD.
    expect(jsonOf(told)).toMatchObject({
      attempts: [
        {
          cost: '0.00012',
          meters: [{ offer: 'override', override: { author: 'ada@example.com' } }, {}],
        },
      ],
    });
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('prices a guardrail by an override, whatever model it guards, and explains it', async () => {
    const topic = ['--model', 'amazon.nova-pro-v1:0', '--meter', 'guardrail_topic_unit'];
    const key = [...topic, '--region', 'us-east-1'];
    const set = ['prices', 'override', ...data, ...key, ...ACT, '--usd', '0.0002'];
    const from = ['--from', '2026-01-01'];

    expect((await tollbookHere(...set, ...from, '--unit', 'text_unit')).code).toBe(0);
    expect(await lookup(...key, '--model', 'anthropic.claude-opus-5')).toBe('0.0002');
    const { id } = await deployment.call({
      ...{ model: 'amazon.nova-lite-v1:0', model_requested: 'amazon.nova-lite-v1:0' },
      ...{ admitted_ms: HOUR + HOUR_MS, input: 100, output: 0, other: { guardrail_topic_unit: 3 } },
    });
    await deployment.meter({ nowMs: NOW + HOUR_MS });

    const told = await tollbookHere('prices', 'explain', id, ...data, '--json');
    // 100 × 0.00000006 + 3 × 0.0002.
    expect(jsonOf(told)).toMatchObject({
      attempts: [
        {
          cost: '0.000606',
          meters: [
            { meter: 'input', quantity: 100, usd: '0.00000006', amount: '0.000006' },
            { meter: 'guardrail_topic_unit', quantity: 3, usd: '0.0002', amount: '0.0006' },
          ],
        },
      ],
    });
  });

  it('keeps its book when a price moves far, until somebody accepts the new one', async () => {
    const held = await tollbookHere(
      ...['prices', 'update', ...data, '--offers', pagesWithNovaAt('0.0001000000')],
    );
    const book = /as ([0-9a-f]{64})/.exec(held.stderr)?.[1] ?? '';

    expect([held.code, held.stderr]).toEqual([1, expect.stringContaining('PriceBookHeld')]);
    expect(await lookup(...NOVA)).toBe('0.00000006');
    const accepted = await tollbookHere('prices', 'update', ...data, '--accept', book, ...ACT);
    expect([accepted.code, accepted.stdout]).toEqual([0, `accepted: prices/book-${book}.json\n`]);
    expect(await lookup(...NOVA)).toBe('0.0000001');
    // The overrides of before live on.
    expect(await lookup('--model', ENDPOINT, '--meter', 'input')).toBe('0.000001');
  });

  it.each<[string, readonly string[], string]>([
    [
      'a price finer than a pico-USD',
      ['--usd', '0.0000000000001', '--from', '2026-01-01'],
      '--usd: got',
    ],
    ['a price below zero', ['--usd=-1', '--from', '2026-01-01'], '--usd: got -1'],
    [
      'an end before the beginning',
      ['--usd', '1', '--from', '2026-02-01', '--to', '2026-01-01'],
      '--to: got',
    ],
    [
      'a unit that is none',
      ['--usd', '1', '--from', '2026-01-01', '--unit', 'page'],
      '--unit: got page',
    ],
    [
      'a unit that its meter does not count',
      ['--usd', '1', '--from', '2026-01-01', '--unit', 'image'],
      '--unit: got image for input',
    ],
    [
      'no unit for what is no token',
      ['--usd', '1', '--from', '2026-01-01', '--meter', 'image'],
      '--unit is missing',
    ],
  ])('takes no override with %s', async (_, args, said) => {
    const { code, stderr } = await tollbookHere(
      'prices',
      'override',
      ...data,
      ...NOVA,
      ...ACT,
      ...args,
    );

    expect([code, stderr]).toEqual([3, expect.stringContaining(said)]);
  });
});
