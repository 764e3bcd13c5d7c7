import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createAdminRoutes } from '../../../handlers/admin/admin-routes.ts';
import { createOperators } from '../../../handlers/admin/operators.ts';
import type { Role } from '../../../handlers/admin/operators.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { chatBody, send, startGateway } from './gateway-harness.ts';
import type { Harness } from './gateway-harness.ts';

let harness: Harness;
let credentials: Record<Role, string>;

async function operator(role: Role): Promise<string> {
  const records = harness.store;
  const ports = { records, secrets: harness.secrets, clock: systemClock, random: systemRandom };
  const tenant = role === 'tenant_admin' ? harness.tenant : null;
  return (await createOperators(ports, 'test').create({ name: role, role, tenant })).credential;
}

beforeEach(async () => {
  harness = await startGateway();
  const [admin, analyst, auditor, tenant_admin] = [
    await operator('admin'),
    await operator('analyst'),
    await operator('auditor'),
    await operator('tenant_admin'),
  ];
  credentials = { admin, analyst, auditor, tenant_admin };
});
afterEach(() => harness.stop());

// eslint-disable-next-line max-params -- a request reads best in one line
async function ask(credential: string, method: string, path: string, body?: unknown) {
  const reply = await send(harness, {
    ...{ method, path, headers: [['authorization', `Bearer ${credential}`]] },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return {
    ...reply,
    json: (reply.text === '' ? undefined : JSON.parse(reply.text)) as Record<string, unknown>,
  };
}

const asAdmin = (method: string, path: string, body?: unknown) =>
  ask(credentials.admin, method, path, body);

describe('an admin', () => {
  it('makes a tenant and a key, and the key works until it is revoked', async () => {
    const { json: tenant } = await asAdmin('POST', '/admin/tenants', { name: 'Gamma' });
    const keys = `/admin/tenants/${String(tenant['tenant'])}/keys`;
    const { json: key } = await asAdmin('POST', keys, { project: 'search' });
    const call = () =>
      send(harness, {
        headers: [['authorization', `Bearer ${String(key['key'])}`]],
        body: chatBody(),
      });

    expect((await call()).status).toBe(200);
    expect((await asAdmin('DELETE', `${keys}/${String(key['id'])}`)).status).toBe(204);
    expect((await call()).status).toBe(401);
    const { json, text } = await asAdmin('GET', keys);
    expect(json['keys']).toEqual([
      expect.objectContaining({ id: key['id'], project: 'search', revoked_at: expect.any(String) }),
    ]);
    expect(text).not.toContain('mac');
  });

  it('sets policies and budgets, field by field, and is told what cannot be', async () => {
    const path = `/admin/tenants/${harness.tenant}`;
    await asAdmin('PUT', `${path}/policy`, { models: ['m'], attempts: 2 });
    const { json: policy } = await asAdmin('PUT', `${path}/policy`, { attempts: 3 });
    expect(policy).toMatchObject({ models: ['m'], attempts: 3 });

    await asAdmin('PUT', `${path}/budgets/day`, { limit: '1.5' });
    const { json } = await asAdmin('PUT', `${path}/budgets/month`, { limit: '20', mode: 'soft' });
    expect(json['budgets']).toEqual([
      expect.objectContaining({ period: 'day', limit: '1.5', mode: 'strict', left: '1.5' }),
      expect.objectContaining({ period: 'month', limit: '20', mode: 'soft' }),
    ]);
    expect((await asAdmin('DELETE', `${path}/budgets/day`)).status).toBe(204);

    const refused = [
      await asAdmin('PUT', `${path}/policy`, { models: 'm' }),
      await asAdmin('PUT', `${path}/policy`, { nonsense: 1 }),
      await asAdmin('PUT', `${path}/budgets/year`, { limit: '1' }),
      await asAdmin('PUT', `${path}/budgets/day`, { limit: 1 }),
      await asAdmin('PUT', `${path}/budgets/day`, { limit: '-1' }),
      await asAdmin('PUT', `${path}/budgets/day`, { limit: 'NaN' }),
      await asAdmin('PUT', `${path}/budgets/day`, { limit: '1', zone: 'Mars/Olympus' }),
      await asAdmin('PUT', `${path}/budgets/day`, { limit: '1', period: 'week' }),
      await asAdmin('POST', '/admin/tenants', { name: 'a\u0000b' }),
      await asAdmin('POST', `${path}/keys`, { expires_at: '2020-01-01T00:00:00.000Z' }),
    ];
    expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 400));
    expect((await asAdmin('GET', '/admin/tenants/t_nobody')).status).toBe(404);
  });

  it.each<[string, unknown, readonly [number, string]]>([
    ['/admin/tenants', { nam: 'x' }, [400, 'body.nam: not known, expected name, cost_center']],
    ['/admin/tenants', {}, [400, 'body.name: got nothing, expected text of 1 to 100 characters']],
    ['/admin/tenants', [], [400, 'body: got a list, expected an object']],
    ['/admin/operators', { name: 'x', role: 'boss' }, [400, 'body.role: got text, expected one']],
    [
      '/admin/operators',
      { name: 'x', role: 'tenant_admin', tenant: 't_nobody' },
      [404, 'tenant t_nobody: got none of that id'],
    ],
  ])('is told by name what is wrong: POST %s %j', async (path, body, [status, said]) => {
    const reply = await asAdmin('POST', path, body);

    expect([reply.status, reply.text]).toEqual([status, expect.stringContaining(said)]);
  });

  it('leaves an entry in the audit log for every change, under its own id', async () => {
    await asAdmin('PUT', `/admin/tenants/${harness.tenant}/budgets/day`, { limit: '1' });
    await asAdmin('PUT', `/admin/tenants/${harness.tenant}/budgets/day`, { limit: '-1' });

    const range = 'from=2020-01-01T00:00:00.000Z&to=2100-01-01T00:00:00.000Z';
    const { json } = await ask(credentials.auditor, 'GET', `/admin/audit?${range}`);
    const entries = json['entries'] as Record<string, unknown>[];
    const [last] = entries.slice(-1);
    const { json: operators } = await asAdmin('GET', '/admin/operators');
    const [admin] = (operators['operators'] as { id: string; role: string }[]).filter(
      ({ role }) => role === 'admin',
    );
    expect(last).toMatchObject({
      ...{ actor: admin?.id, action: 'budget.set', subject: harness.tenant },
      change: { budgets: [{ period: 'day', limit: '1' }] },
    });
    expect(entries.filter(({ action }) => action === 'budget.set')).toHaveLength(1);
  });
});

describe('what a role may do', () => {
  const ports = { records: undefined, clock: systemClock } as never;
  const routes = createAdminRoutes(ports);

  it('is decided for every route and every role, and for nobody without one', async () => {
    for (const { method, path, roles } of routes) {
      const target = path.replace('{tenant}', harness.tenant).replace(/\{[a-z]+\}/, 'x');
      const body = method === 'POST' || method === 'PUT' ? {} : undefined;
      for (const [role, credential] of Object.entries(credentials)) {
        const { status } = await ask(credential, method, target, body);
        const ofTenant = role !== 'tenant_admin' || path.includes('{tenant}');
        const may = roles.includes(role as Role) && ofTenant;
        expect([method, path, role, status === 403]).toEqual([method, path, role, !may]);
      }
      for (const credential of [harness.key, 'mk_admin_x', '']) {
        expect((await ask(credential, method, target, body)).status).toBe(401);
      }
    }
  });

  it('ends at the border of the own tenant', async () => {
    const own = await ask(credentials.tenant_admin, 'GET', `/admin/tenants/${harness.tenant}/keys`);
    const other = await ask(
      credentials.tenant_admin,
      'GET',
      `/admin/tenants/${harness.other}/keys`,
    );
    const escaped = harness.other.replace('t', '%74');
    const spelled = await ask(credentials.tenant_admin, 'GET', `/admin/tenants/${escaped}/keys`);

    expect([own.status, other.status, spelled.status]).toEqual([200, 403, 403]);
    const teams = { teams: [harness.other] };
    const path = `/admin/tenants/${harness.tenant}/keys`;
    expect((await ask(credentials.tenant_admin, 'POST', path, teams)).status).toBe(403);
  });

  it('lets no operator call a model, and no tenant operate', async () => {
    const call = await send(harness, {
      headers: [['authorization', `Bearer ${credentials.admin}`]],
      body: chatBody(),
    });

    expect(call.status).toBe(401);
    expect((await ask(harness.key, 'GET', '/admin/tenants')).status).toBe(401);
  });

  it('ends when the credential is revoked', async () => {
    const { json } = await asAdmin('GET', '/admin/operators');
    const [auditor] = (json['operators'] as { id: string; role: Role }[]).filter(
      ({ role }) => role === 'auditor',
    );

    await asAdmin('DELETE', `/admin/operators/${auditor?.id ?? ''}`);

    expect((await ask(credentials.auditor, 'GET', '/admin/tenants')).status).toBe(401);
  });
});

describe('what a tenant knows of itself', () => {
  it('is its own name, keys and budgets', async () => {
    await asAdmin('PUT', `/admin/tenants/${harness.tenant}/budgets/week`, { limit: '3' });

    expect((await ask(harness.key, 'GET', '/me')).json).toMatchObject({
      ...{ tenant: harness.tenant, name: 'Acme', cost_center: 'cc-1' },
    });
    expect((await ask(harness.key, 'GET', '/me/keys')).json['keys']).toHaveLength(1);
    expect((await ask(harness.key, 'GET', '/me/budgets')).json['budgets']).toEqual([
      expect.objectContaining({ period: 'week', limit: '3' }),
    ]);
    expect((await ask(harness.otherKey, 'GET', '/me/budgets')).json['budgets']).toEqual([]);
    expect((await ask(harness.key, 'GET', '/me/usage?from=2026-02-01')).status).toBe(400);
    expect((await ask(credentials.admin, 'GET', '/me')).status).toBe(401);
  });
});
