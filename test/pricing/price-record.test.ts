import { expect, it } from '@jest/globals';
import { buildPriceBook } from '../../pricing/price-book.ts';
import { readPriceRecords } from '../../pricing/price-record.ts';
import { recordedPage } from './price-rows.ts';

const RECORD = {
  ...{ kind: 'sku', service_code: 'AmazonBedrock', region: 'us-east-1', model: 'Nova Pro' },
  ...{ usagetype: 'USE1-NovaPro-input-tokens', attributes: { feature: 'On-demand Inference' } },
  ...{ unit: '1K tokens', price_usd: '0.0008', effective_date: '2026-09-01' },
};

function build(...records: unknown[]) {
  return buildPriceBook({ offers: readPriceRecords(records), dated: 'published' });
}

it('prices a single record', () => {
  const { account, entries } = build(RECORD);

  expect(account).toEqual({ read: 1, priced: 1, refused: {}, ambiguous: 0 });
  expect(entries[0]).toMatchObject({
    ...{ model: 'amazon.nova-pro-v1:0', price: 800_000n, sku: null },
    effective_from: '2026-09-01T00:00:00.000Z',
  });
});

it('reads the model of a Marketplace record from beside its attributes', () => {
  const { entries } = build({
    ...{ service_code: 'AmazonBedrockFoundationModels', region: 'eu-west-1', attributes: {} },
    ...{ model: 'Claude Haiku 4.5', usagetype: 'EU-MP:EU_InputTokenCount_Global-Units' },
    ...{ unit: '1M tokens', price_usd: '1', effective_date: '2026-09-01' },
  });

  expect(entries[0]).toMatchObject({ region: 'eu-west-1', scope: 'global', price: 1_000_000n });
});

it('reads a whole product kept raw', () => {
  const [product = ''] = recordedPage('AmazonBedrock-us-east-1-page-1.json').PriceList;
  const raw: unknown = JSON.parse(product);

  expect(
    build({ kind: 'raw-getproducts-item', service_code: 'AmazonBedrock', raw }).account.read,
  ).toBe(1);
});

it('reads products of an offer line by line', () => {
  const items = recordedPage('AmazonBedrockService-us-east-1-page-1.json').PriceList;
  const products = items.map((item): unknown => JSON.parse(item));

  expect(build(...products).account).toEqual({ read: 5, priced: 5, refused: {}, ambiguous: 0 });
});

it('never counts a page among the records as one row', () => {
  const page = recordedPage('AmazonBedrockService-us-east-1-page-1.json');

  expect(() => readPriceRecords([RECORD, page])).toThrow('record 2: got a page');
});

it.each([
  [{ region: 'us-west-2', attributes: { regionCode: 'us-east-1' } }],
  [{ attributes: { model: 'Nova Lite' } }],
  [{ attributes: { usagetype: 'USE1-NovaPro-input-tokens-batch' } }],
  [{ attributes: { servicecode: 'AmazonBedrockService' } }],
])('refuses a record that says two things: %j', (differs) => {
  expect(build({ ...RECORD, ...differs }).account.refused).toEqual({
    'record contradicts its attributes': 1,
  });
});

it('refuses a Marketplace record whose model is not that of its servicename', () => {
  const record = {
    ...{ service_code: 'AmazonBedrockFoundationModels', model: 'Claude Sonnet 4.6' },
    ...{ usagetype: 'USE1-MP:USE1_InputTokenCount-Units', unit: '1M tokens', price_usd: '3.3' },
    attributes: { servicename: 'Claude Opus 5 (Amazon Bedrock Edition)' },
  };

  expect(build(record).account.refused).toEqual({ 'record contradicts its attributes': 1 });
});

it.each([
  [{ model: 'Grok 4.3', attributes: { model: 'xai.grok-4.3' } }],
  [{ model: 'xai.grok-4.3', attributes: {} }],
])('takes another name of a model for no contradiction: %j', (differs) => {
  const usagetype = 'USE1-xai.grok-4.3-mantle-input-tokens-standard';

  expect(build({ ...RECORD, usagetype, ...differs }).account.priced).toBe(1);
});

it('knows the model of a Marketplace record by its whole servicename too', () => {
  const servicename = 'Claude Sonnet 4.6 (Amazon Bedrock Edition)';
  const record = {
    ...{ ...RECORD, service_code: 'AmazonBedrockFoundationModels', model: servicename },
    ...{ usagetype: 'USE1-MP:USE1_InputTokenCount-Units', unit: '1M tokens', price_usd: '3.3' },
  };

  expect(build({ ...record, attributes: {} }).account.priced).toBe(1);
  expect(build({ ...record, attributes: { servicename } }).account.priced).toBe(1);
});

it.each([
  ['2026-02-31', 'effective date not understood'],
  ['2026-02-30T00:00:00Z', 'effective date not understood'],
  ['2026-01-01T00:00:00+02:00', 'effective date not understood'],
  ['tomorrow', 'effective date not understood'],
  [20260901, 'effective date not understood'],
  [undefined, 'no effective date'],
])('makes no date of %j', (date, reason) => {
  expect(build({ ...RECORD, effective_date: date }).account.refused).toEqual({ [reason]: 1 });
});

it('needs no date where dates mean nothing', () => {
  const offers = readPriceRecords([{ ...RECORD, effective_date: undefined }]);

  expect(buildPriceBook({ offers, dated: 'recorded' }).account.priced).toBe(1);
});

it.each([
  [{ usagetype: undefined }, 'no usage type'],
  [{ service_code: 'bedrock:ListFoundationModelAgreementOffers' }, 'not a Bedrock offer'],
  [{ region: 'us-west-2' }, 'attribute contradicts the usage type'],
  [{ price_usd: 0.0008 }, 'price not a plain decimal'],
  [{ unit: undefined }, 'unit unknown'],
])('refuses a record with %j', (differs, reason) => {
  expect(build({ ...RECORD, ...differs }).account.refused).toEqual({ [reason]: 1 });
});

it('counts what is no record at all', () => {
  expect(build(null, 7, {}).account.refused).toEqual({ 'not a Bedrock offer': 3 });
});
