import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { formatApiKey, parseApiKey } from '../../../domain/api-key.ts';
import { createAddTenant, createIssueKey } from '../../../handlers/admin/issue-key.ts';
import { createAuthenticate } from '../../../handlers/edge/authenticate.ts';
import { createSeededRandom } from '../../../runtime/local/simulation/random.ts';
import { createSqliteStore } from '../../../runtime/local/sqlite/sqlite-store.ts';
import type { SqliteStore } from '../../../runtime/local/sqlite/sqlite-store.ts';
import { createSecretMac } from '../../../runtime/node/secret-mac.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';

const MUTATIONS = 100_000;
const LETTERS = 'abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_';
const secrets = createSecretMac(new Uint8Array(32).fill(7));
const asked: string[] = [];

let folder: string;
let store: SqliteStore;
let key: string;
let authenticate: ReturnType<typeof createAuthenticate>;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tollbook-credentials-'));
  store = createSqliteStore({ file: join(folder, 'store.sqlite') });
  const made = { store, random: systemRandom, clock: systemClock, actor: 'test' };
  const tenant = await createAddTenant(made)('Acme', null);
  key = (await createIssueKey({ ...made, secrets })(tenant)).text;
  authenticate = createAuthenticate({
    ...{ store, clock: systemClock },
    secrets: {
      mac: (secret) => {
        asked.push('mac');
        return secrets.mac(secret);
      },
      equal: (left, right) => {
        asked.push(`equal ${left.length} ${right.length}`);
        return secrets.equal(left, right);
      },
    },
  });
});

afterAll(() => {
  store.close();
  rmSync(folder, { recursive: true, force: true });
});

const random = createSeededRandom('credentials', '1');
const below = (most: number) => Math.floor(random.unit() * most);
const letter = () => LETTERS.charAt(below(LETTERS.length));

/** Another text than the key, close to it; half of them under a checksum that is right again. */
function mutated(): string {
  const at = below(key.length);
  const spoilt = [
    () => key.slice(0, at) + letter() + key.slice(at + 1),
    () => key.slice(0, at) + key.slice(at + 1),
    () => key.slice(0, at) + letter() + key.slice(at),
    () => key.slice(0, at),
    () => key.slice(0, at) + key.charAt(at).toUpperCase() + key.slice(at + 1),
    () => key + letter(),
    () => key.replace('local', 'admin'),
  ][below(7)]?.();
  const parts = parseApiKey(key);
  if (!parts || spoilt === undefined || random.unit() < 0.5) return spoilt ?? '';
  const swap = (text: string) => {
    const place = below(text.length);
    return text.slice(0, place) + letter().toLowerCase() + text.slice(place + 1);
  };
  const { keyId, secret } = parts;
  const one =
    random.unit() < 0.5 ? { keyId: swap(keyId), secret } : { keyId, secret: swap(secret) };
  return formatApiKey('local', one);
}

describe('a credential', () => {
  it('is somebody only as it was given: 100,000 that are close to it are nobody', async () => {
    expect(await authenticate(key)).toMatchObject({ tenant: expect.stringMatching(/^t_/) });
    let looked = 0;
    for (let left = MUTATIONS; left > 0; left -= 1) {
      const text = mutated();
      if (text === key) continue;
      if (parseApiKey(text)) looked += 1;
      const principal = await authenticate(text);
      if (principal) expect([text, principal]).toEqual([text, undefined]);
    }
    // Those whose checksum is right get as far as the store.
    expect(looked).toBeGreaterThan(MUTATIONS / 4);
  });

  it('does the same work whether its id is known or not', async () => {
    const parts = parseApiKey(key);
    const secret = 'A'.repeat(43);
    const work = async (keyId: string) => {
      asked.length = 0;
      expect(await authenticate(formatApiKey('local', { keyId, secret }))).toBeUndefined();
      return [...asked];
    };

    expect(await work(parts?.keyId ?? '')).toEqual(await work('0'.repeat(12)));
    expect(asked).toEqual(['mac', 'equal 64 64']);
  });

  it('is made of nothing that is in a copy of the store', async () => {
    const parts = parseApiKey(key);
    const files = readdirSync(folder).map((name) => readFileSync(join(folder, name), 'latin1'));
    const dump = files.join('\n');

    expect(dump).toContain(parts?.keyId);
    expect(dump).not.toContain(parts?.secret);
    const words = new Set(dump.match(/[A-Za-z0-9_-]{43,}/g));
    expect(words.size).toBeGreaterThan(0);
    for (const word of words) {
      for (let at = 0; at + 43 <= word.length; at += 1) {
        const secret = word.slice(at, at + 43);
        const credential = formatApiKey('local', { keyId: parts?.keyId ?? '', secret });
        expect(await authenticate(credential)).toBeUndefined();
      }
    }
  });
});
