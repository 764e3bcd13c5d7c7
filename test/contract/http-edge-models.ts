import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { NO_TOKENS } from '../../domain/meters.ts';
import { rateUsageEvent } from '../../pricing/rating.ts';
import { startProfileServer } from '../aws/stand-ins/profile-server.ts';
import type { ProfileServer } from '../aws/stand-ins/profile-server.ts';
import { startSageMakerServer } from '../aws/stand-ins/sagemaker-server.ts';
import type { ContainerAnswer, SageMakerServer } from '../aws/stand-ins/sagemaker-server.ts';
import { recordedIndex } from '../pricing/price-rows.ts';
import { MODEL, WORDS, answerOf } from '../runtime/local/gateway-harness.ts';
import type { EdgeHarness, StartGateway } from '../runtime/local/gateway-harness.ts';
import { PROFILES } from './profile-resolver.ts';

/** Where the services are that a gateway asks beside Bedrock itself. */
export interface Upstream {
  readonly sageMakerUrl: string;
  readonly profilesUrl: string;
}

/** What a test may have beside the gateway. */
export interface Services {
  readonly upstream?: Upstream;
  /** Issuers whose tokens are believed, as a deployment is told of them. */
  readonly issuers?: readonly object[];
}

/** Starts a gateway on the edge under test, over these services. */
export type StartOverServices = (
  options?: Parameters<StartGateway>[0] & Services,
) => Promise<EdgeHarness>;

const messages = [{ role: 'user' as const, content: 'hello' }];
const SAID = 'from the endpoint';
const COUNTED = { prompt_tokens: 7, completion_tokens: 5, total_tokens: 12 };
/** Meters that every model has a price for. */
const USAGE = { ...NO_TOKENS, input: 11, output: 20 };
const [PROFILE = ''] = Object.keys(PROFILES);
const DELETED = PROFILE.replace(/[^/]*$/, 'deleted000001');

/** A container that answers a chat completion and counts its tokens. */
function container({ stream }: { readonly stream: boolean }): ContainerAnswer {
  const choice = { index: 0, finish_reason: 'stop' };
  if (!stream) {
    const message = { role: 'assistant', content: SAID };
    return { json: { choices: [{ ...choice, message }], usage: COUNTED } };
  }
  const chunks = [
    { choices: [{ ...choice, delta: { content: SAID } }] },
    { choices: [], usage: COUNTED },
  ];
  const pieces = chunks.map((chunk) => `data: ${JSON.stringify(chunk)}\n\n`);
  return { pieces: [...pieces, 'data: [DONE]\n\n'] };
}

/** Models that are not Bedrock's own: each call is answered, metered, and priced or says why not. */
export function describeEdgeModels(name: string, start: StartOverServices): void {
  describe(`models of the house on an HTTP edge: ${name}`, () => {
    let harness: EdgeHarness;
    let sageMaker: SageMakerServer;
    let profiles: ProfileServer;

    beforeAll(async () => {
      sageMaker = await startSageMakerServer(container);
      profiles = await startProfileServer(PROFILES);
      const upstream = { sageMakerUrl: sageMaker.endpoint, profilesUrl: profiles.endpoint };
      harness = await start({ answer: () => answerOf({ usage: USAGE }), upstream });
      await register('house-llm', MODEL);
      await register('lab-llm', null);
    });
    afterAll(async () => {
      await harness.stop();
      await sageMaker.close();
      await profiles.close();
      expect(harness.errors).toEqual([]);
    });

    async function register(id: string, pricedAs: string | null): Promise<void> {
      const document = { kind: 'sagemaker', upstream: 'house-endpoint', priced_as: pricedAs };
      const json = JSON.stringify({ ...document, owner: 'the lab', status: 'approved' });
      const entry = { atMs: 0, actor: 'test', action: 'model.set', subject: id, json };
      await harness.store.change({ kind: 'model', id, json }, undefined, entry);
    }

    /** What a call of a model says, and its line. */
    async function called(model: string, stream = false) {
      const before = harness.lines().length;
      const { chat } = harness.sdk();
      let text = '';
      if (stream) {
        for await (const { choices } of await chat.completions.create({ model, messages, stream }))
          text += choices[0]?.delta.content ?? '';
      } else {
        const { choices } = await chat.completions.create({ model, messages });
        text = choices[0]?.message.content ?? '';
      }
      const [line, ...more] = harness.lines().slice(before);
      if (!line || more.length > 0) throw new Error(`got ${1 + more.length} lines, expected one`);
      return { text, line, rating: rateUsageEvent(line, recordedIndex) };
    }

    it.each([false, true])(
      'a registered endpoint is called and priced as the model that it is: streamed %s',
      async (stream) => {
        const { text, line, rating } = await called('house-llm', stream);

        expect(text).toBe(SAID);
        expect(line).toMatchObject({
          ...{ tenant: harness.tenant, model_requested: 'house-llm', model: MODEL, stream },
          ...{ outcome: 'ok', input: 7, output: 5, usage_source: 'reported' },
        });
        expect(line.reserved).not.toBeNull();
        expect(rating.kind).toBe('priced');
        expect(sageMaker.requests.at(-1)).toMatchObject({ endpoint: 'house-endpoint', stream });
      },
    );

    it('an endpoint that nobody priced is metered, unpriced and says why', async () => {
      const { text, line, rating } = await called('lab-llm');

      expect(text).toBe(SAID);
      expect(line).toMatchObject({ input: 7, output: 5, reserved: null });
      expect(rating).toMatchObject({ kind: 'unpriced', reason: expect.stringMatching(/.{10}/) });
    });

    it('an endpoint that nobody registered is not called', async () => {
      const [asked, lines] = [sageMaker.requests.length, harness.lines().length];

      await expect(called('sagemaker/house-endpoint')).rejects.toMatchObject({
        ...{ status: 403, code: 'model_not_registered' },
      });
      expect([sageMaker.requests.length, harness.lines().length]).toEqual([asked, lines]);
    });

    it.each([
      [PROFILE, { model: MODEL, scope: 'regional' }],
      [Object.keys(PROFILES)[1] ?? '', { model: 'anthropic.claude-sonnet-4-6', scope: 'geo' }],
    ])('an application profile is priced as what it stands for: %s', async (arn, names) => {
      const { text, line, rating } = await called(arn);
      await called(arn);

      expect(text).toBe(WORDS.join(''));
      expect(line).toMatchObject({ model_requested: arn, ...names, ...USAGE });
      expect(rating.kind).toBe('priced');
      const asked = profiles.requests.filter(({ path }) => decodeURIComponent(path).includes(arn));
      expect(asked).toHaveLength(1);
    });

    it('an application profile that is not there is metered, unpriced and says why', async () => {
      const { line, rating } = await called(DELETED);

      expect(line).toMatchObject({ model_requested: DELETED, outcome: 'ok', ...USAGE });
      expect(rating).toEqual({ kind: 'unpriced', reason: 'no price for meter input' });
    });
  });
}
