import { describe, expect, it } from '@jest/globals';
import { ApiRefused } from '../../../handlers/edge/api-exchange.ts';
import type { Header } from '../../../handlers/edge/api-exchange.ts';
import { createIdentifyCaller } from '../../../handlers/edge/identify-caller.ts';

const OWN = 't_own';
const OTHER = 't_other';
const principal = { tenant: OWN, costCenter: null, project: null, keyId: 'k', teams: [] };
const identify = createIdentifyCaller({
  authenticate: (credential) => Promise.resolve(credential === 'key' ? principal : undefined),
  onError: (error) => {
    throw error;
  },
});

const PREFIXES = ['', 'x-', 'x-amz-', 'x-amzn-', 'x-forwarded-', 'x-original-', 'my-', 'cf-'];
const WORDS = [
  ...['tenant', 'tenant-id', 'tenantid', 'tenant-name', 'tenant-key', 'sub-tenant', 'team'],
  ...['team-id', 'team-name', 'teamid', 'user', 'user-id', 'customer', 'customer-id', 'account'],
  ...['account-id', 'org', 'organization', 'group', 'project', 'on-behalf-of', 'impersonate'],
  ...['identity', 'subject', 'principal', 'metadata', 'cost-center', 'billing-id'],
];
const NAMES = PREFIXES.flatMap((prefix) => WORDS.map((word) => `${prefix}${word}`));

/** Each makes headers of a name and a value. */
const SPELLINGS: readonly ((name: string, value: string) => readonly Header[])[] = [
  (name, value) => [[name, value]],
  (name, value) => [[name.toUpperCase(), value]],
  (name, value) => [[name.replaceAll('-', '_'), value]],
  (name, value) => [[name.replaceAll('-', '_').toUpperCase(), value]],
  (name, value) => [[name.replaceAll('-', ''), value]],
  (name, value) => [[name.replace('-', '_'), value]],
  (name, value) => [[name.replace(/(^|-)./g, (letter) => letter.toUpperCase()), value]],
  (name, value) => [
    [name.replace(/[a-z]{2}/g, (two) => `${two.charAt(0)}${two.charAt(1).toUpperCase()}`), value],
  ],
  (name, value) => [[`${name}-`, value]],
  (name, value) => [[`-${name}`, value]],
  (name, value) => [[`${name}-1`, value]],
  (name, value) => [[`http-${name}`, value]],
  (name, value) => [[name, `${OWN},${value}`]],
  (name, value) => [[name, ` ${value} `]],
  (name, value) => [[name, `"${value}"`]],
  (name, value) => [
    [name, value],
    [name, value],
  ],
  (name, value) => [
    [name, OWN],
    [name.toUpperCase(), value],
  ],
  (name, value) => [['x-a', `b\r\n ${name}: ${value}`]],
  (name, value) => [[name.replace('t', '\u0074\u0301'), value]],
  (name, value) => [[name.replace('i', '\u0131'), value]],
];

describe('the tenant of a caller', () => {
  it('is that of the credential, whatever headers are called and however they are spelled', async () => {
    expect(NAMES.length).toBeGreaterThanOrEqual(200);
    expect(SPELLINGS).toHaveLength(20);
    let [believed, refused] = [0, 0];
    for (const name of NAMES) {
      for (const spell of SPELLINGS) {
        const headers: Header[] = [['authorization', 'Bearer key'], ...spell(name, OTHER)];
        const said = await identify(headers).catch((error: unknown) => error);
        if (said instanceof ApiRefused) {
          refused += 1;
          expect([400, 403]).toContain(said.problem.status);
        } else {
          believed += 1;
          expect(said).toEqual(principal);
        }
      }
    }
    expect(believed + refused).toBe(NAMES.length * SPELLINGS.length);
    expect(Math.min(believed, refused)).toBeGreaterThan(500);
  });

  it('is nobody for a credential beside it that is not one', async () => {
    for (const spell of SPELLINGS.slice(0, 8)) {
      const headers = [...spell('authorization', 'Bearer other'), ...spell('x-tenant-id', OWN)];
      await expect(identify(headers)).rejects.toBeInstanceOf(ApiRefused);
    }
  });
});
