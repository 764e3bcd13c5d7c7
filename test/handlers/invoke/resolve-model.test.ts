import { expect, it } from '@jest/globals';
import { createResolveModel } from '../../../handlers/invoke/resolve-model.ts';

const PROFILE = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/abc123';
const model = (region: string, id = 'anthropic.claude-sonnet-4-6') =>
  `arn:aws:bedrock:${region}::foundation-model/${id}`;

function world(models: readonly string[] | undefined) {
  const asked: string[] = [];
  const resolve = createResolveModel({
    models: (arn) => {
      asked.push(arn);
      return Promise.resolve(models);
    },
  });
  return { asked, resolve };
}

it.each([
  ['one Region', [model('us-east-1')], 'regional'],
  ['a geography', [model('us-east-1'), model('us-west-2')], 'geo'],
  ['anywhere', [model('us-east-1'), model('')], 'global'],
])('names the model of a profile that calls it in %s', async (_, models, scope) => {
  expect(await world(models).resolve(PROFILE)).toEqual({
    ...{ model: 'anthropic.claude-sonnet-4-6', scope, region: 'us-east-1' },
    kind: 'application_inference_profile',
  });
});

it.each([
  ['there is no such profile', undefined],
  ['it names no model', []],
  ['it names two models', [model('us-east-1'), model('us-east-1', 'amazon.nova-lite-v1:0')]],
  ['it names something else', ['arn:aws:bedrock:us-east-1:123456789012:imported-model/abc']],
])('leaves it hidden where %s', async (_, models) => {
  expect(await world(models).resolve(PROFILE)).toMatchObject({ model: null });
});

it('asks for each profile once, and for nothing else', async () => {
  const { asked, resolve } = world([model('us-east-1')]);
  for (const id of [PROFILE, 'us.anthropic.claude-sonnet-4-6', PROFILE, 'nonsense'])
    await resolve(id);

  expect(asked).toEqual([PROFILE]);
});

it('asks again for one that nobody knew: it may have been made since', async () => {
  const { asked, resolve } = world(undefined);
  await resolve(PROFILE);
  await resolve(PROFILE);

  expect(asked).toHaveLength(2);
});
