import { afterEach, describe, expect, it } from '@jest/globals';
import { BedrockClient, GetInferenceProfileCommand } from '@aws-sdk/client-bedrock';
import { signedHeaders } from '../../runtime/aws/signed/signature-v4.ts';
import { createSignedFetch } from '../../runtime/aws/signed/signed-fetch.ts';
import { createSignedProfiles } from '../../runtime/aws/models/signed-profiles.ts';
import { PROFILES, describeProfileResolver } from '../contract/profile-resolver.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startProfileServer } from './stand-ins/profile-server.ts';
import type { ProfileRequest } from './stand-ins/profile-server.ts';

/** A resolver over a server of these profiles whose first answers are these faults. */
async function openWorld(faults: string[] = [], held = PROFILES) {
  const server = await startProfileServer(held, faults);
  const waits: number[] = [];
  const sleep = (ms: number) => Promise.resolve(void waits.push(ms));
  const { credentials } = clientOf(server.endpoint);
  const send = createSignedFetch({
    region: 'us-east-1',
    clock: { now: () => Date.now(), sleep },
    env: {
      ...{ AWS_ACCESS_KEY_ID: credentials.accessKeyId, AWS_ENDPOINT_URL_BEDROCK: server.endpoint },
      AWS_SECRET_ACCESS_KEY: credentials.secretAccessKey,
    },
  });
  return { server, waits, profiles: createSignedProfiles({ send }), close: () => server.close() };
}

const authorizationOf = (request?: ProfileRequest) => request?.headers.authorization ?? '';
const signatureOf = (request?: ProfileRequest) =>
  /Signature=(\w+)/.exec(authorizationOf(request))?.[1];
const scopeOf = (request?: ProfileRequest) =>
  /Credential=\w+\/\d{8}\/([^\s,]+),/.exec(authorizationOf(request))?.[1];

/** What we would have written into a request with these headers, at its own time. */
function signedAgain(request?: ProfileRequest): string {
  const { headers = {}, path = '' } = request ?? {};
  const [, names = ''] = /SignedHeaders=([^,]+)/.exec(authorizationOf(request)) ?? [];
  const signed = names.split(';').map((name) => [name, String(headers[name])]);
  const { host = '', ...others } = Object.fromEntries(signed) as Record<string, string>;
  const date = String(headers['x-amz-date']);
  const iso = date.replace(/^(\d{4})(\d\d)(\d\dT\d\d)(\d\d)(\d\dZ)$/, '$1-$2-$3:$4:$5');
  const { credentials } = clientOf('');
  const scope = { service: 'bedrock', region: 'us-east-1', nowMs: Date.parse(iso), credentials };
  const again = signedHeaders({ method: 'GET', host, path, headers: others, body: '' }, scope);
  return again['authorization'] ?? '';
}

describeProfileResolver('Bedrock', () => openWorld());

describe('Bedrock, asked what a profile stands for', () => {
  const [arn = ''] = Object.keys(PROFILES);
  let world: Awaited<ReturnType<typeof openWorld>>;
  afterEach(() => world.close());

  it("is asked as by AWS's own SDK, whose signature we would have made", async () => {
    world = await openWorld();
    const client = new BedrockClient(clientOf(world.server.endpoint));

    await client.send(new GetInferenceProfileCommand({ inferenceProfileIdentifier: arn }));
    await world.profiles.models(arn);

    const [theirs, ours] = world.server.requests;
    expect([ours?.method, ours?.path]).toEqual(['GET', theirs?.path]);
    expect(scopeOf(ours)).toBe(scopeOf(theirs));
    expect(signatureOf(theirs)).toBe(/Signature=(\w+)/.exec(signedAgain(theirs))?.[1]);
  });

  it('is asked again when it is throttled', async () => {
    world = await openWorld(['ThrottlingException', 'ThrottlingException']);

    expect(await world.profiles.models(arn)).toEqual(PROFILES[arn]);
    expect(world.server.requests).toHaveLength(3);
    expect(world.waits).toHaveLength(2);
  });

  it('knows nothing of one of another Region', async () => {
    world = await openWorld(['ValidationException']);

    expect(await world.profiles.models(arn)).toBeUndefined();
  });

  it.each(['AccessDeniedException', 'InternalServerException'])(
    'that says %s gives no answer: nobody may take it for a profile that is not there',
    async (fault) => {
      world = await openWorld([fault, fault, fault]);

      await expect(world.profiles.models(arn)).rejects.toThrow(/^bedrock GetInferenceProfile: got/);
    },
  );

  it('that names no models gives no answer either', async () => {
    world = await openWorld([], { [arn]: [] });

    await expect(world.profiles.models(arn)).rejects.toThrow('got no models');
  });

  it('that cannot be reached gives no answer', async () => {
    world = await openWorld();
    await world.close();

    await expect(world.profiles.models(arn)).rejects.toThrow('not reached');
    world = { ...world, close: () => Promise.resolve() };
  });
});
