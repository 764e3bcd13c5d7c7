import { createServer } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { BedrockClient } from '@aws-sdk/client-bedrock';
import { createProfileResolver } from '../../runtime/aws/profile-resolver.ts';
import { PROFILES, describeProfileResolver } from '../contract/profile-resolver.ts';
import { listen, stop } from './stand-ins/aws-json-server.ts';
import { clientOf } from './stand-ins/clients.ts';

/** Bedrock's control plane, as far as GetInferenceProfile: REST, with errors by header. */
async function startProfileServer(faults: string[] = []) {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const arn = decodeURIComponent((request.url ?? '').replace(/^\/inference-profiles\//, ''));
    asked.push(arn);
    const models = PROFILES[arn];
    const fault = faults.shift() ?? (models ? null : 'ResourceNotFoundException');
    const status = fault === null ? 200 : fault === 'ThrottlingException' ? 429 : 404;
    const headers = { 'content-type': 'application/json' };
    response.writeHead(
      status,
      fault === null ? headers : { ...headers, 'x-amzn-errortype': fault },
    );
    const profile = {
      ...{ inferenceProfileArn: arn, inferenceProfileId: arn.split('/')[1], status: 'ACTIVE' },
      ...{ inferenceProfileName: 'team', type: 'APPLICATION' },
      models: models?.map((modelArn) => ({ modelArn })),
    };
    response.end(JSON.stringify(fault === null ? profile : { message: fault }));
  });
  const endpoint = await listen(server);
  const waits: number[] = [];
  const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
  const client = new BedrockClient(clientOf(endpoint));
  const profiles = createProfileResolver({ client, clock: { sleep } });
  return { profiles, asked, waits, close: () => stop(server) };
}

describeProfileResolver('Bedrock', () => startProfileServer());

describe('Bedrock, asked what a profile stands for', () => {
  const [arn = ''] = Object.keys(PROFILES);
  let world: Awaited<ReturnType<typeof startProfileServer>>;
  afterEach(() => world.close());
  beforeEach(async () => {
    world = await startProfileServer(['ThrottlingException', 'ThrottlingException']);
  });

  it('is asked again when it is throttled', async () => {
    expect(await world.profiles.models(arn)).toEqual(PROFILES[arn]);
    expect(world.asked).toHaveLength(3);
    expect(world.waits).toHaveLength(2);
  });

  it('that will not answer is no answer: nobody may take it for a profile that is not there', async () => {
    await world.close();

    await expect(world.profiles.models(arn)).rejects.toThrow();
  });
});
