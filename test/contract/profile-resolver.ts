import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { ProfileResolver } from '../../handlers/ports.ts';

/** A resolver, and the profiles that exist in its world. */
export interface ProfileWorld {
  readonly profiles: ProfileResolver;
  close(): void | Promise<void>;
}

const ACCOUNT = 'arn:aws:bedrock:us-east-1:123456789012:application-inference-profile';

/** Profiles that every world of this suite holds. */
export const PROFILES: Readonly<Record<string, readonly string[]>> = {
  [`${ACCOUNT}/oneregion0001`]: [
    'arn:aws:bedrock:us-east-1::foundation-model/amazon.nova-lite-v1:0',
  ],
  [`${ACCOUNT}/geographic001`]: ['us-east-1', 'us-east-2', 'us-west-2'].map(
    (region) => `arn:aws:bedrock:${region}::foundation-model/anthropic.claude-sonnet-4-6`,
  ),
};

/** What application inference profiles stand for. */
export function describeProfileResolver(
  name: string,
  open: () => ProfileWorld | Promise<ProfileWorld>,
): void {
  describe(`application inference profiles: ${name}`, () => {
    let world: ProfileWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it.each(Object.entries(PROFILES))('stand for their models: %s', async (arn, models) => {
      const found = (await world.profiles.models(arn)) ?? [];

      expect([...found].sort()).toEqual([...models].sort());
    });

    it('that do not exist stand for nothing', async () => {
      expect(await world.profiles.models(`${ACCOUNT}/deleted000001`)).toBeUndefined();
    });
  });
}
