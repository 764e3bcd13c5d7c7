import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tollbookHere } from './in-process.ts';
import { jsonOf, tollbook } from './tollbook.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-prices-'));
const PAGES = 'fixtures/get-products';
const file = (name: string) => join(root, name);
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const SONNET = ['--model', 'us.anthropic.claude-sonnet-4-6', '--region', 'us-east-1'];
const prices = (...args: readonly string[]) => tollbookHere('prices', ...args);
const firstLine = async (...args: readonly string[]) => {
  const { code, stdout } = await prices('lookup', ...args);
  return [code, stdout.split('\n')[0]];
};

/** A record as public material gives them, on one line. */
const record = (usagetype: string, fields: Readonly<Record<string, unknown>> = {}) =>
  JSON.stringify({
    ...{ source: 'a test', kind: 'sku', service_code: 'AmazonBedrock', region: 'us-east-1' },
    ...{ model: 'Nova Lite', usagetype, attributes: {}, unit: '1K tokens', price_usd: '0.00006' },
    ...{ inferred: false, ...fields },
  });

describe('prices build', () => {
  it('accounts for every row of the recorded pages', async () => {
    const said = await tollbook(
      ...['prices', 'build', '--offers', PAGES, '--out', file('book.json'), '--json'],
    );
    const golden = JSON.parse(readFileSync('fixtures/golden/price-book-account.json', 'utf8')) as {
      account: unknown;
    };

    expect(said.code).toBe(0);
    expect(jsonOf(said)).toEqual(golden.account);
    expect(said.stderr).toMatch(/^price book [0-9a-f]{64} in /);
  });

  it('writes the same bytes for the same pages', async () => {
    await prices('build', '--offers', PAGES, '--out', file('one.json'));
    await prices('build', '--offers', PAGES, '--out', file('two.json'));

    expect(readFileSync(file('one.json'))).toEqual(readFileSync(file('two.json')));
  });

  it('reads records one by one, and each counts', async () => {
    const lines = [
      record('USE1-NovaLite-input-tokens'),
      '',
      record('USE1-NovaLite-input-tokens-turbo'),
      record('USE1-NovaLite-output-tokens', { unit: '1B tokens' }),
      record('USE1-NovaPro-input-tokens', { model: 'Nova Pro' }),
      record('USE1-NovaPro-input-tokens', { model: 'Nova Pro', price_usd: '0.0009' }),
    ];
    writeFileSync(file('records.jsonl'), lines.join('\n'));

    const said = await prices('build', '--offers', file('records.jsonl'), '--json');

    expect(said.code).toBe(0);
    expect(jsonOf(said)).toEqual({
      ...{ read: 5, priced: 1, ambiguous: 2 },
      refused: { 'usage type not understood': 1, 'unit unknown': 1 },
    });
    expect(said.stderr).toContain('rows that differ in price: 2 rows for amazon.nova-pro-v1:0|');
  });

  it('reads one record alone, one page alone and an offer file', async () => {
    writeFileSync(file('one.jsonl'), record('USE1-NovaLite-input-tokens'));
    const page = `${PAGES}/AmazonBedrockService-us-east-1-page-1.json`;
    const { PriceList } = JSON.parse(readFileSync(page, 'utf8')) as { PriceList: string[] };
    const items = PriceList.map(
      (text) => JSON.parse(text) as { product: { sku: string }; terms: { OnDemand: object } },
    );
    const bulk = {
      ...{ formatVersion: 'v1.0', offerCode: 'AmazonBedrockService', version: '1' },
      publicationDate: '2026-10-09T17:05:22Z',
      products: Object.fromEntries(items.map(({ product }) => [product.sku, product])),
      terms: {
        OnDemand: Object.fromEntries(
          items.map(({ product, terms }) => [product.sku, terms.OnDemand]),
        ),
      },
    };
    writeFileSync(file('bulk.json'), JSON.stringify(bulk));

    const counts = [];
    for (const offers of [file('one.jsonl'), page, file('bulk.json')]) {
      const { read, priced } = jsonOf(await prices('build', '--offers', offers, '--json')) as {
        read: number;
        priced: number;
      };
      counts.push([read, priced]);
    }

    expect(counts).toEqual([
      [1, 1],
      [5, 5],
      [5, 5],
    ]);
  });

  it.each<[string, (folder: string) => void]>([
    [
      'the last page is missing',
      (folder) => {
        rmSync(join(folder, 'AmazonBedrock-us-east-1-page-4.json'));
      },
    ],
    [
      'a page in between is missing',
      (folder) => {
        rmSync(join(folder, 'AmazonBedrock-us-east-1-page-2.json'));
      },
    ],
    [
      'a page is cut',
      (folder) => {
        const path = join(folder, 'AmazonBedrock-us-east-1-page-3.json');
        writeFileSync(path, readFileSync(path, 'utf8').slice(0, -500));
      },
    ],
    [
      'there is no page',
      (folder) => {
        rmSync(folder, { recursive: true });
      },
    ],
  ])('makes no book when %s', async (_, spoil) => {
    const folder = mkdtempSync(file('pages-'));
    cpSync(PAGES, folder, { recursive: true });
    spoil(folder);
    mkdirSync(folder, { recursive: true });
    const out = join(folder, 'book.json');

    const { code, stdout } = await prices('build', '--offers', folder, '--out', out, '--json');

    expect([code, stdout]).toEqual([1, '']);
    expect(existsSync(out)).toBe(false);
  });

  it('names the line that is not JSON', async () => {
    writeFileSync(file('bad.jsonl'), `${record('USE1-NovaLite-input-tokens')}\n{"cut":\n`);

    const { code, stderr } = await prices('build', '--offers', file('bad.jsonl'));

    expect([code, stderr]).toEqual([1, expect.stringContaining('bad.jsonl line 2: got text')]);
  });
});

describe('prices lookup', () => {
  it('gives the USD of one token on its first line, and where it comes from below', async () => {
    const { code, stdout } = await prices('lookup', ...SONNET, '--meter', 'input');
    const [first, ...rest] = stdout.split('\n');

    // By hand: 3.30 USD a million is 0.0000033 USD a token.
    expect([code, first]).toEqual([0, '0.0000033']);
    expect(rest.join('\n')).toContain('SKU MADEUPB785HEVFAU');
    expect(rest.join('\n')).toContain('a demonstration');
  });

  it.each<[string, string, readonly string[]]>([
    [
      'a profile by its scope',
      '0.000003',
      ['--model', 'global.anthropic.claude-sonnet-4-6', '--meter', 'input'],
    ],
    [
      'batch',
      '0.00000165',
      ['--model', 'anthropic.claude-sonnet-4-6', '--meter', 'input', '--mode', 'batch'],
    ],
    [
      'a mode as people type it',
      '0.0000165',
      [
        '--model',
        'anthropic.claude-sonnet-4-6',
        '--meter',
        'output',
        '--mode',
        'on-demand',
        '--scope',
        'geo',
      ],
    ],
    [
      'a tier',
      '0.0000014',
      ['--model', 'amazon.nova-pro-v1:0', '--meter', 'input', '--tier', 'priority'],
    ],
    [
      'a latency class',
      '0.000001',
      [
        '--model',
        'anthropic.claude-3-5-haiku-20241022-v1:0',
        '--meter',
        'input',
        '--latency',
        'optimized',
      ],
    ],
    [
      'long context',
      '0.000022',
      ['--model', 'openai.gpt-6-astra', '--meter', 'input', '--context', 'long'],
    ],
    [
      'zero, which is a price',
      '0',
      ['--model', 'amazon.nova-2-lite-v1:0', '--meter', 'cache-write-5m'],
    ],
    ['another unit', '0.002', ['--model', 'cohere.rerank-v3-5:0', '--meter', 'search_unit']],
    [
      'a guardrail, whatever the model',
      '0.00015',
      ['--model', 'anthropic.claude-opus-5', '--meter', 'guardrail_topic_unit'],
    ],
  ])('prices %s: %s', async (_, usd, args) => {
    expect(await firstLine('--region', 'us-east-1', ...args)).toEqual([0, usd]);
  });

  it.each<[string, string, readonly string[]]>([
    [
      'no row',
      'unpriced: no offer has a row for meter cache_read',
      ['--model', 'anthropic.claude-sonnet-4-6', '--meter', 'cache_read'],
    ],
    [
      'another Region',
      'unpriced: no offer has a row for region eu-west-1',
      ['--model', 'anthropic.claude-sonnet-4-6', '--meter', 'input', '--region', 'eu-west-1'],
    ],
    [
      'a near name',
      'unpriced: no offer has a row for deepseek.v3-v1:0',
      ['--model', 'deepseek.v3-v1:0', '--meter', 'input'],
    ],
    [
      'an endpoint',
      'unpriced: not token-priced: an endpoint',
      ['--model', 'arn:aws:sagemaker:us-east-1:123456789012:endpoint/mine', '--meter', 'input'],
    ],
    [
      'provisioned throughput',
      'unpriced: not token-priced: provisioned throughput',
      [
        '--model',
        'arn:aws:bedrock:us-east-1:123456789012:provisioned-model/abc',
        '--meter',
        'input',
      ],
    ],
    [
      'no model id at all',
      'unpriced: its id is of no form that is known',
      ['--model', 'gpt-9', '--meter', 'input'],
    ],
  ])('answers unpriced, with the reason, for %s', async (_, said, args) => {
    const [code, first] = await firstLine('--region', 'us-east-1', ...args);

    expect(code).toBe(0);
    expect(String(first).startsWith(said)).toBe(true);
  });

  it('says the same as JSON', async () => {
    const priced = await prices('lookup', ...SONNET, '--meter', 'input', '--json');
    const unpriced = await prices('lookup', ...SONNET, '--meter', 'cache_read', '--json');

    expect(jsonOf(priced)).toMatchObject({ usd: '0.0000033', reason: null, unit: 'token' });
    expect(jsonOf(unpriced)).toMatchObject({ usd: null, reason: expect.any(String) });
  });

  it.each([
    ['no meter', SONNET, '--meter is missing'],
    ['no Region', ['--model', 'amazon.nova-lite-v1:0', '--meter', 'input'], '--region is missing'],
    ['a tier that is none', [...SONNET, '--meter', 'input', '--tier', 'gold'], '--tier: got gold'],
    [
      'another scope than the profile’s',
      [...SONNET, '--meter', 'input', '--scope', 'global'],
      '--scope: got global',
    ],
  ])('exits 3 for %s', async (_, args, said) => {
    const { code, stderr } = await prices('lookup', ...args);

    expect([code, stderr]).toEqual([3, expect.stringContaining(said)]);
  });
});

describe('a book in a file', () => {
  const override = {
    ...{
      model: 'house.model',
      meter: 'input',
      scope: 'regional',
      region: 'us-east-1',
      unit: 'token',
    },
    ...{ tier: 'standard', mode: 'on_demand', latency_class: 'standard', context: 'base' },
    ...{ price: '0.000001', effective_from: '2026-03-01T00:00:00.000Z', effective_to: null },
    ...{ recorded_at: '2026-02-01T00:00:00.000Z', author: 'ops@example.com', reason: 'our own' },
  };
  beforeAll(async () => {
    writeFileSync(file('overrides.json'), JSON.stringify([override]));
    const with_ = ['--overrides', file('overrides.json'), '--out', file('set.json')];
    await prices('build', '--offers', PAGES, ...with_);
    await prices('build', '--offers', PAGES, '--out', file('plain.json'));
  });

  it('is asked by --book, at an instant', async () => {
    const ask = ['--book', file('set.json'), '--region', 'us-east-1', '--model', 'house.model'];

    expect(await firstLine(...ask, '--meter', 'input', '--at', '2026-03-01')).toEqual([
      0,
      '0.000001',
    ]);
    expect(await firstLine(...ask, '--meter', 'input', '--at', '2026-02-28')).toEqual([
      ...[0, 'unpriced: its id is of no form that is known'],
    ]);
  });

  it('shows the prices of one model', async () => {
    const shown = await prices('show', 'house.model', '--book', file('set.json'), '--json');
    const geo = await prices('show', 'us.anthropic.claude-sonnet-4-6', '--json');
    const none = await prices('show', 'openai.gpt-5.6-terra', '--region', 'us-east-1');

    expect(jsonOf(shown)).toMatchObject({
      model: 'house.model',
      prices: [{ meter: 'input', usd: '0.000001', override: { author: 'ops@example.com' } }],
    });
    const { prices: regional } = jsonOf(geo) as { prices: { scope: string; usd: string }[] };
    expect(new Set(regional.map(({ scope }) => scope))).toEqual(new Set(['regional']));
    expect(none.stdout).toMatch(/^unpriced: no price of openai\.gpt-5\.6-terra in us-east-1/);
  });

  it('is compared with another', async () => {
    const same = await prices('diff', file('plain.json'), file('plain.json'));
    const more = await prices('diff', file('plain.json'), file('set.json'), '--json');

    expect([same.code, same.stdout]).toEqual([0, 'no difference\n']);
    expect(jsonOf(more)).toMatchObject({
      ...{ added: [{ price: '0.000001' }], removed: [], moved: [], refused: [], hold: [] },
    });
  });

  it('covers every row once', async () => {
    const covered = jsonOf(await prices('coverage', '--book', file('plain.json'), '--json')) as {
      read: number;
      priced: number;
      models: { rows: number }[];
    };

    expect(covered).toMatchObject({ read: 489, priced: 459, ambiguous: 0 });
    expect(covered.models.reduce((sum, { rows }) => sum + rows, 0)).toBe(459);
  });

  it('is refused when a byte of it is another', async () => {
    const text = readFileSync(file('plain.json'), 'utf8');
    writeFileSync(file('altered.json'), text.replace('"read":489', '"read":490'));

    const { code, stderr } = await prices(
      'lookup',
      ...SONNET,
      '--meter',
      'input',
      '--book',
      file('altered.json'),
    );

    expect([code, stderr]).toEqual([1, expect.stringContaining('PriceBookError')]);
  });
});
