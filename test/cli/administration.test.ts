import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createBedrockHttp } from '../../runtime/local/bedrock-http.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import { serve } from '../../runtime/local/serve.ts';
import { createSqliteStore } from '../../runtime/local/sqlite/sqlite-store.ts';
import { tollbookHere } from './in-process.ts';
import { jsonOf } from './tollbook.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-administration-'));
const LITE = 'amazon.nova-2-lite-v1:0';

/** What is administered: a folder, or a gateway over one. */
interface Place {
  readonly data: string;
  readonly where: readonly string[];
  close(): Promise<void>;
}

function openFolder(): Promise<Place> {
  const data = mkdtempSync(join(root, 'folder-'));
  return Promise.resolve({ data, where: ['--data', data], close: () => Promise.resolve() });
}

/** The same commands over HTTP, with the credential of an operator that the folder's owner made. */
async function openGateway(): Promise<Place> {
  const { data, where } = await openFolder();
  const args = ['operators', 'create', 'root', '--role', 'admin', ...where];
  const file = join(data, 'operator.key');
  writeFileSync(file, (await tollbookHere(...args)).stdout);
  const models = createBedrockHttp({ endpoint: 'http://127.0.0.1:9' });
  const served = await serve({
    ...{ folder: openDataFolder(data), models, port: 0, host: '127.0.0.1' },
    ...{ durability: 'system', onMetered: () => undefined },
    onError: (error) => {
      throw error;
    },
  });
  const url = `http://127.0.0.1:${served.port}`;
  return { data, where: ['--url', url, '--operator-key-file', file], close: served.close };
}

afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describe.each([
  ['a fresh folder', openFolder],
  ['a gateway over HTTP', openGateway],
] as const)('what admins do from outside, to %s', (_name, open) => {
  let place: Place;
  let tenant = '';

  const run = (...args: readonly string[]) => tollbookHere(...args, ...place.where);
  const runJson = async (...args: readonly string[]) => jsonOf(await run(...args, '--json'));

  beforeAll(async () => {
    place = await open();
    ({ tenant } = (await runJson('tenants', 'create', 'Acme', '--cost-center', 'retail')) as {
      tenant: string;
    });
  });

  afterAll(() => place.close());

  it('makes tenants, with ids of their own', async () => {
    expect(tenant).toMatch(/^t_[0-9a-z]{26}$/);
    const { tenants } = (await runJson('tenants', 'list')) as { tenants: { name: string }[] };
    expect(tenants.filter(({ name }) => name === 'Acme')).toEqual([
      { tenant, name: 'Acme', cost_center: 'retail' },
    ]);
    const plain = await run('tenants', 'create', 'Beta');
    expect([plain.code, plain.stdout, plain.stderr]).toEqual([
      0,
      expect.stringMatching(/^t_[0-9a-z]{26}\n$/),
      '',
    ]);
  });

  it('makes keys, whose secret is shown once and kept nowhere', async () => {
    const expires = '2099-01-01T00:00:00.000Z';
    const made = (await runJson('keys', 'create', '--tenant', tenant)) as Record<string, string>;
    const said = await run('keys', 'create', '--tenant', tenant, '--project', 'p');
    await run('keys', 'create', '--tenant', tenant, '--project', 'p');
    const third = await run('keys', 'create', '--tenant', tenant, '--project', 'p');
    expect([third.code, third.stdout]).toEqual([1, '']);
    expect(third.stderr).toContain('got 2 live ones');
    const tooLong = await run('keys', 'create', '--tenant', tenant, '--expires', expires);

    expect(Object.keys(made)).toEqual(['key', 'id', 'expires_at']);
    expect(made['key']).toMatch(/^mk_local_[0-9a-z]{12}_/);
    expect(made['expires_at']).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);
    expect([said.code, said.stdout]).toEqual([0, expect.stringMatching(/^mk_local_\S+\n$/)]);
    expect(said.stderr).toContain('It is shown once and kept nowhere.');
    expect([tooLong.code, tooLong.stdout]).toEqual([3, '']);
    expect(tooLong.stderr).toContain(`expires: got ${expires}, expected an instant from now to`);
    const listed = await run('keys', 'list', '--tenant', tenant, '--json');
    const secret = (made['key'] ?? '').split('_').slice(3, -1).join('_');
    expect(secret.length).toBeGreaterThan(30);
    expect(listed.stdout).not.toContain(secret);
    const files = readdirSync(place.data, { recursive: true, withFileTypes: true });
    for (const { parentPath, name } of files.filter((entry) => entry.isFile())) {
      expect([name, readFileSync(join(parentPath, name), 'latin1').includes(secret)]).toEqual([
        name,
        false,
      ]);
    }
  });

  it('sets budgets, and says how they stand', async () => {
    const month = ['--period', 'month', '--limit', '250.00', '--zone', 'Europe/Berlin'];

    expect(await runJson('budgets', 'set', '--tenant', tenant, ...month)).toEqual({
      ...{ tenant, period: 'month', limit: '250', mode: 'strict', zone: 'Europe/Berlin' },
    });
    expect(await runJson('budgets', 'show', '--tenant', tenant)).toMatchObject({
      ...{ tenant, budgets: [{ period: 'month', limit: '250', settled: '0', left: '250' }] },
    });
  });

  it('sets policies, and shows them whole', async () => {
    const set = await runJson('policies', 'set', '--tenant', tenant, '--models', `${LITE},b`);

    expect(set).toMatchObject({ tenant, models: [LITE, 'b'], attempts: 1, fallbacks: {} });
    expect(await runJson('policies', 'show', '--tenant', tenant)).toEqual(set);
    const all = await runJson('policies', 'set', '--tenant', tenant, '--models', 'all');
    expect(all).toMatchObject({ models: null });
  });

  const budget = (...more: readonly string[]) => [
    ...['budgets', 'set', '--tenant', 'TENANT', '--period', 'day', ...more],
  ];
  const policy = (...more: readonly string[]) => ['policies', 'set', '--tenant', 'TENANT', ...more];

  it.each<[readonly string[], string]>([
    [['tenants', 'create', ''], 'name: '],
    [['tenants', 'create', 'a', '--cost-center', '"'], 'cost_center: expected'],
    [['keys', 'create'], '--tenant is missing'],
    [['keys', 'create', '--tenant', 'TENANT', '--expires', 'tomorrow'], 'got tomorrow'],
    [budget('--limit', 'abc'), 'budget.limit: got text, expected more than 0'],
    [budget('--limit', '0'), 'budget.limit: got'],
    [budget('--limit', '0.0000000000001'), 'budget.limit: got'],
    [budget('--limit=-5'), 'budget.limit: got'],
    [budget(), '--limit is missing'],
    [budget('--limit', '5', '--mode', 'hard'), '--mode: got hard'],
    [budget('--limit', '5', '--zone', 'Mars'), 'budget.zone: got text, expected a time zone'],
    [policy(), 'expected something to set'],
    [policy('--models', ''), '--models: got none'],
    [policy('--models', 'a b'), 'policy: models: got "a b", expected ids of letters'],
    [policy('--attempts', '9'), 'policy.attempts: got 9, expected a whole number from 1 to 5'],
    [policy('--policy', '{'), '--policy: got something else, expected JSON'],
    [policy('--policy', '{"modles":[]}'), 'policy.modles: not known'],
    [policy('--policy', `{"fallbacks":{"${LITE}":["${LITE}"]}}`), 'expected another model'],
    [['models', 'set', 'x'], 'model.owner: got nothing'],
    [['policies', 'shew'], 'got shew, expected one of set, show'],
    [['operators', 'create', 'x', '--role', 'boss'], '--role: got boss'],
  ])('exits 3 and says nothing on standard output: %j', async (args, said) => {
    const { code, stdout, stderr } = await run(
      ...args.map((word) => (word === 'TENANT' ? tenant : word)),
    );

    expect([code, stdout]).toEqual([3, '']);
    expect(stderr).toContain(said);
    expect(stderr).toContain(`usage: tollbook ${args[0] ?? ''}`);
  });

  it.each<[readonly string[], string]>([
    [['keys', 'create', '--tenant', 't_nobody'], 'tenant t_nobody: got none of that id'],
    [budget('--limit', '1').map((word) => word.replace('TENANT', 't_nobody')), 't_nobody'],
    [['policies', 'show', '--tenant', 't_nobody'], 't_nobody'],
    [['keys', 'revoke', '--tenant', 'TENANT', '--id', 'nope'], 'key nope: got none of that id'],
    [
      ['operators', 'create', 'x', '--role', 'tenant_admin', '--tenant', 't_nobody'],
      'tenant t_nobody: got none of that id',
    ],
  ])('exits 1 for what is not there: %j', async (args, said) => {
    const { code, stdout, stderr } = await run(
      ...args.map((word) => (word === 'TENANT' ? tenant : word)),
    );

    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(said);
  });

  it('makes operators, whose credential is shown once', async () => {
    const operators = (await runJson('operators', 'create', 'root', '--role', 'admin')) as {
      credential: string;
    };

    expect(Object.keys(operators)).toEqual(['credential', 'id', 'expires_at']);
    expect((await run('operators', 'list', '--json')).stdout).not.toContain(operators.credential);
  });
});

describe('a gateway that is administered', () => {
  let place: Place;
  beforeAll(async () => {
    place = await openGateway();
  });
  afterAll(() => place.close());

  it('changes what the folder shows, under the name of the operator', async () => {
    const made = await tollbookHere('tenants', 'create', 'Far', '--json', ...place.where);
    const near = await tollbookHere('tenants', 'list', '--json', '--data', place.data);
    const operators = await tollbookHere('operators', 'list', '--json', '--data', place.data);

    const { tenant } = jsonOf(made) as { tenant: string };
    expect(near.stdout).toContain(tenant);
    const [root] = (jsonOf(operators) as { operators: { id: string }[] }).operators;
    const store = createSqliteStore({ file: openDataFolder(place.data).store });
    const log = await store.auditLog(0, Number.MAX_SAFE_INTEGER);
    store.close();
    expect(log.find(({ subject }) => subject === tenant)).toMatchObject({ actor: root?.id });
  });

  const [url, file] = ['URL', 'FILE'];
  it.each<[readonly string[], Readonly<Record<string, string>>, number, string]>([
    [['--url', url], {}, 3, 'TOLLBOOK_OPERATOR_KEY: expected an operator'],
    [['--url', url], { TOLLBOOK_OPERATOR_KEY: 'mk_admin_nobody' }, 1, 'not valid (401)'],
    [['--url', url, '--operator-key-file', '/nowhere'], {}, 3, 'ENOENT'],
    [['--url', url, '--operator-key-file', file, '--data', '.'], {}, 3, 'not both'],
    [['--url', 'http://gateway.example', '--operator-key-file', file], {}, 3, 'expected https://'],
    [['--url', 'gateway', '--operator-key-file', file], {}, 3, 'got gateway, expected https://'],
    [['--url', 'http://127.0.0.1:9', '--operator-key-file', file], {}, 1, 'got no answer'],
    [['--url', `${url}/elsewhere`, '--operator-key-file', file], {}, 1, '(404)'],
  ])('says what is wrong: %j %j', async (...[args, env, expected, said]) => {
    const [, here = '', , key = ''] = place.where;
    const given = args.map((word) => word.replace('URL', here).replace('FILE', key));
    Object.assign(process.env, env);
    const { code, stdout, stderr } = await tollbookHere('tenants', 'list', ...given);
    delete process.env['TOLLBOOK_OPERATOR_KEY'];

    expect([code, stdout]).toEqual([expected, '']);
    expect(stderr).toContain(said);
    expect(stderr).not.toContain('mk_admin');
  });

  it('believes the variable, where no file is named', async () => {
    const [, here = '', , key = ''] = place.where;
    process.env['TOLLBOOK_OPERATOR_KEY'] = readFileSync(key, 'utf8');
    const { code } = await tollbookHere('tenants', 'list', '--url', here);
    delete process.env['TOLLBOOK_OPERATOR_KEY'];

    expect(code).toBe(0);
  });

  it('lets nobody do what the role may not', async () => {
    const made = ['operators', 'create', 'eve', '--role', 'analyst', '--data', place.data];
    const file = join(place.data, 'analyst.key');
    writeFileSync(file, (await tollbookHere(...made)).stdout);
    const [, here = ''] = place.where;
    const where = ['--url', here, '--operator-key-file', file];

    expect((await tollbookHere('tenants', 'list', ...where)).code).toBe(0);
    const { code, stderr } = await tollbookHere('tenants', 'create', 'x', ...where);
    expect([code, stderr]).toEqual([1, expect.stringContaining('its role is analyst (403)')]);
  });
});
