import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tollbookHere } from './in-process.ts';
import { jsonOf } from './tollbook.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-price-files-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** What editors put before a text that they keep as UTF-8. */
const MARK = '\uFEFF';
const PAGE = readFileSync(
  'fixtures/get-products/AmazonBedrockService-us-east-1-page-1.json',
  'utf8',
);
const page = JSON.parse(PAGE) as { PriceList: string[] };
const INPUT = JSON.stringify({
  ...{ service_code: 'AmazonBedrock', region: 'us-east-1', model: 'Nova Lite' },
  ...{ usagetype: 'USE1-NovaLite-input-tokens', unit: '1K tokens', price_usd: '0.00006' },
});
const OUTPUT = INPUT.replace('input', 'output');

/** Builds of a file with these bytes. */
async function build(content: string | Uint8Array, name = 'offers.jsonl') {
  const path = join(root, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return tollbookHere('prices', 'build', '--offers', path, '--json');
}

describe('a file of offers', () => {
  it.each<[string, string, number]>([
    ['records after a mark', `${MARK}${INPUT}\n${OUTPUT}\n`, 2],
    ['one record after a mark', `${MARK}${INPUT}`, 1],
    ['lines as Windows ends them', `${INPUT}\r\n\r\n${OUTPUT}\r\n`, 2],
    ['lines between empty ones', `\n\n${INPUT}\n   \n${OUTPUT}`, 2],
    [
      'products line by line',
      page.PriceList.map((item) => item.replace(/\s+/g, ' ')).join('\n'),
      5,
    ],
    ['a page after a mark', `${MARK}${PAGE}`, 5],
    ['nothing', '', 0],
  ])('is read with %s', async (_, text, rows) => {
    const said = await build(text);

    expect(said.code).toBe(0);
    expect(jsonOf(said)).toEqual({ read: rows, priced: rows, refused: {}, ambiguous: 0 });
  });

  it('counts every line that is no record', async () => {
    const said = await build([INPUT, '42', 'null', '[]', '"x"', '{}'].join('\n'));

    expect(said.code).toBe(0);
    expect(jsonOf(said)).toEqual({
      ...{ read: 6, priced: 1, ambiguous: 0 },
      refused: { 'not a Bedrock offer': 5 },
    });
  });

  it.each<[string, string | Uint8Array, string]>([
    ['a line that is cut', `${INPUT}\n${OUTPUT.slice(0, 40)}`, 'offers.jsonl line 2: got text'],
    ['a page among records', `${INPUT}\n${JSON.stringify(page)}`, 'record 2: got a page'],
    ['bytes that are no UTF-8', Buffer.from([0x7b, 0xe9, 0x7d]), 'got bytes that are not UTF-8'],
    ['a list', `[${INPUT}]`, 'expected pages, an offer file or JSON lines'],
    ['a page without a product', JSON.stringify({ ...page, PriceList: [] }), 'of no offer'],
    [
      'a page of objects',
      JSON.stringify({ ...page, PriceList: [{}] }),
      'expected products as JSON',
    ],
    ['a page that is not the last', JSON.stringify({ ...page, NextToken: 'x' }), 'got a NextToken'],
    [
      'a page whose first product is cut',
      JSON.stringify({ ...page, PriceList: page.PriceList.with(0, '{"product":') }),
      'so the page was cut',
    ],
    ['what a proxy says', '<html>Service Unavailable</html>', 'line 1: got text that is not JSON'],
  ])('makes no book of %s', async (_, content, said) => {
    const { code, stdout, stderr } = await build(content);

    expect([code, stdout, stderr]).toEqual([1, '', expect.stringContaining(said)]);
  });

  it('must be there', async () => {
    const { code, stderr } = await tollbookHere('prices', 'build', '--offers', join(root, 'none'));

    expect([code, stderr]).toEqual([1, expect.stringContaining('no such file or folder')]);
  });

  it('names rows of one key once, however many there are', async () => {
    const { stderr } = await build([INPUT, INPUT, INPUT].join('\n'));

    expect(stderr.match(/several rows of one naming: 3 rows/g)).toHaveLength(1);
  });
});

describe('a folder of pages', () => {
  it('is read with marks before its pages, and without a product', async () => {
    const folder = join(root, 'marked');
    await build(`${MARK}${PAGE}`, 'marked/AmazonBedrockService-us-east-1-page-1.json');
    await build(
      JSON.stringify({ ...page, PriceList: [] }),
      'marked/AmazonBedrock-eu-west-1-page-1.json',
    );

    const said = await tollbookHere('prices', 'build', '--offers', folder, '--json');

    expect(jsonOf(said)).toEqual({ read: 5, priced: 5, refused: {}, ambiguous: 0 });
  });

  it('says which page is cut', async () => {
    await build(PAGE.slice(0, 3000), 'cut/AmazonBedrockService-us-east-1-page-1.json');

    const { code, stderr } = await tollbookHere('prices', 'build', '--offers', join(root, 'cut'));

    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining('AmazonBedrockService-us-east-1-page-1.json: got text'),
    ]);
  });
});

describe('what makes no sense', () => {
  const LITE = ['--model', 'amazon.nova-lite-v1:0', '--meter', 'input'];
  const FROM_ARN = [
    ...['--model', 'arn:aws:bedrock:eu-west-1::foundation-model/amazon.nova-lite-v1:0'],
    ...['--meter', 'input', '--region', 'us-east-1'],
  ];

  it.each<[string, readonly string[], string]>([
    ['a stray word for build', ['build', 'x', '--offers', root], 'got x, expected options'],
    ['a stray word for coverage', ['coverage', 'x'], 'got x, expected options'],
    ['a stray word for update', ['update', 'x', '--data', join(root, 'd')], 'got x'],
    ['two books', ['coverage', '--book', 'a', '--data', 'b'], 'got --book and --data'],
    ['another Region than the ARN’s', ['lookup', ...FROM_ARN], 'expected that of the ARN'],
    [
      'a day that no calendar has',
      ['lookup', ...LITE, '--region', 'us-east-1', '--at', '2026-02-31'],
      '--at: got 2026-02-31',
    ],
  ])('exits 3: %s', async (_, args, said) => {
    const { code, stderr } = await tollbookHere('prices', ...args);

    expect([code, stderr]).toEqual([3, expect.stringContaining(said)]);
  });

  it('exits 1 for a book that is not there', async () => {
    const { code, stderr } = await tollbookHere(
      ...['prices', 'coverage', '--book', join(root, 'no-book.json')],
    );

    expect([code, stderr]).toEqual([1, expect.stringContaining('no such file')]);
  });
});
