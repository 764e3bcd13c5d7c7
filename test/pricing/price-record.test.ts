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
    ...{ unit: '1M tokens', price_usd: '1' },
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
