import { describe, expect, it } from '@jest/globals';
import { formatApiKey } from '../../../domain/api-key.ts';
import { createAuthenticate } from '../../../handlers/edge/authenticate.ts';
import type { ApiKeyRecord } from '../../../handlers/ports.ts';
import { createSecretMac } from '../../../runtime/node/secret-mac.ts';

const NOON_MS = Date.UTC(2026, 1, 1, 12);
const REMEMBER_MS = 5_000;
const secrets = createSecretMac(Buffer.alloc(32, 7));
const KEY_ID = 'abcdefghij01';
const right = formatApiKey('test', { keyId: KEY_ID, secret: 'r'.repeat(43) });
const wrong = formatApiKey('test', { keyId: KEY_ID, secret: 'w'.repeat(43) });

/** A directory of one key, which counts who asks for it. */
function directory(rememberMs?: number) {
  const world = {
    nowMs: NOON_MS,
    asked: 0,
    key: {
      ...{ keyId: KEY_ID, tenant: 't_a', costCenter: null, project: null, teams: [] },
      ...{ secretMac: secrets.mac('r'.repeat(43)), expiresMs: NOON_MS + 60_000, revokedMs: null },
    } as ApiKeyRecord,
  };
  const store = {
    findKey: () => {
      world.asked += 1;
      return Promise.resolve(world.key);
    },
  };
  const clock = { now: () => world.nowMs };
  const remembering = rememberMs === undefined ? {} : { rememberMs };
  return { world, authenticate: createAuthenticate({ store, secrets, clock, ...remembering }) };
}

describe('a key that has proven itself', () => {
  it('is looked up again after its time, so that a revoked one is refused by then', async () => {
    const { world, authenticate } = directory(REMEMBER_MS);
    expect(await authenticate(right)).toMatchObject({ tenant: 't_a' });
    world.key = { ...world.key, revokedMs: NOON_MS };

    world.nowMs += REMEMBER_MS - 1;
    expect(await authenticate(right)).toMatchObject({ tenant: 't_a' });
    expect(world.asked).toBe(1);
    world.nowMs += 1;
    expect(await authenticate(right)).toBeUndefined();
    expect(world.asked).toBe(2);
  });

  it('lends nothing to another secret of the same id', async () => {
    const { world, authenticate } = directory(REMEMBER_MS);
    await authenticate(right);

    expect(await authenticate(wrong)).toBeUndefined();
    expect(world.asked).toBe(2);
  });

  it('ends at its expiry, remembered or not', async () => {
    const { world, authenticate } = directory(60_001);
    await authenticate(right);

    world.nowMs += 60_000;

    expect(await authenticate(right)).toBeUndefined();
    expect(world.asked).toBe(1);
  });

  it('is looked up each time where nothing may be remembered', async () => {
    const { world, authenticate } = directory();
    await authenticate(right);
    world.key = { ...world.key, revokedMs: NOON_MS };

    expect(await authenticate(right)).toBeUndefined();
  });
});
