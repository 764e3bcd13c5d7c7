import { PricingClient } from '@aws-sdk/client-pricing';
import { S3Client } from '@aws-sdk/client-s3';
import { createFetchOffers } from '../../../handlers/prices/fetch-offers.ts';
import { nodeCodec } from '../../node/codec.ts';
import { PRICING_ENDPOINT_REGIONS, createPricingApi } from '../pricing-api.ts';
import { createS3Objects } from '../lake/s3-objects.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `FetchOffers`. */
export const handler = createStepFunction('fetch-offers', ({ lakeBucket, regions }) => {
  const [region] = PRICING_ENDPOINT_REGIONS;
  return createFetchOffers({
    codec: nodeCodec,
    objects: createS3Objects({ client: new S3Client(), bucket: lakeBucket }),
    priceList: createPricingApi({
      client: new PricingClient({ region }),
      regions: regions.split(','),
    }),
  });
});
