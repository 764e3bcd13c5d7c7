import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { readdirSync } from 'node:fs';
import {
  AdministrationRefused,
  createAdministration,
} from '../../../handlers/admin/administration.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { answerOf, chatBody, send, startGateway } from './gateway-harness.ts';
import type { Harness } from './gateway-harness.ts';

let harness: Harness;

beforeAll(async () => {
  harness = await startGateway({ answer: () => answerOf({ firstByteMs: 0, generateMs: 0 }) });
});

afterAll(async () => {
  expect(harness.errors).toEqual([]);
  await harness.stop();
});

const NASTY = [
  ...['../../etc/passwd', '..\\..\\x', '/etc/passwd', '.', '..', 'a/../b', '%2e%2e%2f', 'CON', '~'],
  ...["'; DROP TABLE keys; --", '${x}', '{{x}}', '=cmd()', '\u2028', '\u202e', '\0', '\r\n', '"}'],
  ...['"tollbook":"usage/1"', ',"mac":"', '\ud800', 'é', '<script>', '$(id)', '`id`', '%00', ' '],
];
const nasty = fc
  .array(fc.oneof(fc.constantFrom(...NASTY), fc.string({ unit: 'binary', maxLength: 8 })), {
    ...{ minLength: 1, maxLength: 4 },
  })
  .map((pieces) => pieces.join(''));

/** `valueOf` and its like, which a table of names must not find. */
const OF_EVERY_OBJECT = Object.getOwnPropertyNames(Object.prototype);

describe('names that mean harm', () => {
  it('end in no path and no id: a tenant is refused, or has an id that was minted', async () => {
    const { store, secrets } = harness;
    const machine = { clock: systemClock, random: systemRandom };
    const ports = { store, records: store, limits: store, secrets, ...machine };
    const admin = createAdministration(ports, 'test');
    const files = () => readdirSync(harness.folder, { recursive: true }).sort();
    const before = files();
    let [made, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(nasty, nasty, async (name, costCenter) => {
        const tenant = await admin.createTenant(name, costCenter).catch((error: unknown) => error);
        if (tenant instanceof AdministrationRefused) refused += 1;
        else {
          made += 1;
          expect(tenant).toMatchObject({ tenant: expect.stringMatching(/^t_[0-9a-z]{26}$/) });
        }
      }),
      { numRuns: 1_000, examples: NASTY.map((name) => [name, 'cc']) },
    );
    expect(Math.min(made, refused)).toBeGreaterThan(10);
    expect(files()).toEqual(before);
  });

  it('of models make no line but their own, whole and readable', async () => {
    let answered = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.oneof(nasty, fc.stringMatching(/^[A-Za-z0-9][\w.:/-]{0,40}$/)),
        async (model) => {
          const { status } = await send(harness, {
            headers: [['x-api-key', harness.key]],
            body: chatBody({ model }),
          });

          expect([200, 400, 403]).toContain(status);
          if (status === 200) answered += 1;
        },
      ),
      { numRuns: 400, examples: OF_EVERY_OBJECT.map((name) => [name]) },
    );
    await harness.drain();

    expect(answered).toBeGreaterThan(20);
    // What cannot be read would throw here.
    expect(harness.lines()).toHaveLength(answered);
    expect(new Set(harness.lines().map(({ tenant }) => tenant))).toEqual(new Set([harness.tenant]));
  });
});
