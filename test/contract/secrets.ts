import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';

/** Where a deployment's keys are kept. */
export interface KeysWorld {
  /** A key by the name of its use. */
  key(name: 'mac' | 'pepper'): Promise<Uint8Array>;
  /** Puts a text in the place of a key, as a careless operator would. */
  spoil(name: 'mac' | 'pepper', text: string): Promise<void>;
  close(): void | Promise<void>;
}

const failureOf = async (work: Promise<unknown>) =>
  work.then(
    () => 'no failure',
    (error: unknown) => String(error),
  );

/** Keys that nobody may see: the same each time, and never in an error. */
export function describeSecrets(name: string, open: () => KeysWorld | Promise<KeysWorld>): void {
  describe(`keys of a deployment: ${name}`, () => {
    let world: KeysWorld;
    beforeEach(async () => {
      world = await open();
    });
    afterEach(() => world.close());

    it('are the same each time they are read', async () => {
      expect([...(await world.key('mac'))]).toEqual([...(await world.key('mac'))]);
    });

    it('are too long to be guessed, and one for each use', async () => {
      const [mac, pepper] = [await world.key('mac'), await world.key('pepper')];

      expect(mac.length).toBeGreaterThanOrEqual(32);
      expect(pepper.length).toBeGreaterThanOrEqual(32);
      expect([...mac]).not.toEqual([...pepper]);
    });

    it('are the same for all who ask at once', async () => {
      const all = await Promise.all(Array.from({ length: 10 }, () => world.key('mac')));

      expect(new Set(all.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    });

    it.each(['hunter', 'hunter2-short'])(
      'are refused where one is %j, without showing it',
      async (bad) => {
        await world.spoil('mac', bad);

        const said = await failureOf(world.key('mac'));
        expect(said).toMatch(/got \d+/);
        expect(said).not.toContain('hunter');
      },
    );
  });
}
