import { GlueClient } from '@aws-sdk/client-glue';
import { createPublishWindow } from '../../../handlers/metering/publish-window.ts';
import { createGlueCatalog } from '../lake/glue-catalog.ts';
import { openLake } from '../lake/open-lake.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `PublishWindow`. */
export const handler = createStepFunction('publish-window', (settings) => {
  const { database, ...buckets } = settings;
  const bucket = buckets.lakeBucket;
  return createPublishWindow({
    objects: openLake(buckets),
    catalog: createGlueCatalog({ client: new GlueClient(), bucket, database }),
  });
});
