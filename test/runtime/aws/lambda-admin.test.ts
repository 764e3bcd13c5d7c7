import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createOperators } from '../../../handlers/admin/operators.ts';
import { systemClock, systemRandom } from '../../../runtime/node/system.ts';
import { send, startGateway } from '../local/gateway-harness.ts';
import type { Harness } from '../local/gateway-harness.ts';
import { lambdaEdge } from './harness/lambda-gateway.ts';
import { synthesizedGateway } from './harness/synthesized.ts';

const { template, planKey } = synthesizedGateway();

describe('admins and tenants, behind API Gateway as it is deployed', () => {
  let gateway: Harness;
  let credential: string;

  beforeAll(async () => {
    gateway = await startGateway({}, lambdaEdge(template, planKey));
    const { store, secrets } = gateway;
    const operators = createOperators(
      { records: store, secrets, clock: systemClock, random: systemRandom },
      'test',
    );
    ({ credential } = await operators.create({ name: 'Ada', role: 'admin', tenant: null }));
  });
  afterAll(() => gateway.stop());

  /** @param route - such as `GET /me`. */
  const ask = (route: string, key: string, body?: object) => {
    const [method = '', path = ''] = route.split(' ');
    return send(gateway, {
      ...{ method, path, headers: [['authorization', `Bearer ${key}`]] },
      ...(body && { body: JSON.stringify(body) }),
    });
  };

  it('an admin makes a tenant and its key, which opens what is its own', async () => {
    const made = await ask('POST /admin/tenants', credential, { name: 'Beta' });
    expect(made.status).toBe(200);
    const { tenant } = JSON.parse(made.text) as { tenant: string };
    const issued = await ask(`POST /admin/tenants/${tenant}/keys`, credential, {});
    const { key, id } = JSON.parse(issued.text) as { key: string; id: string };

    const me = await ask('GET /me', key);
    expect([me.status, JSON.parse(me.text)]).toEqual([
      200,
      { tenant, name: 'Beta', cost_center: null, key: id },
    ]);
    const revoked = await ask(`DELETE /admin/tenants/${tenant}/keys/${id}`, credential);
    expect([revoked.status, revoked.text]).toEqual([204, '']);
    expect((await ask('GET /me', key)).status).toBe(401);
  });

  it.each([
    ["a tenant's key on an admin's route", 'GET /admin/tenants', () => gateway.key],
    ["an operator's credential on a tenant's", 'GET /me', () => credential],
    ['no credential', 'GET /admin/audit', () => ''],
  ])('refuses %s', async (_, route, key) => {
    expect((await ask(route, key())).status).toBe(401);
  });

  it.each([
    ['PATCH /admin/tenants', 405],
    ['GET /admin', 404],
    ['GET /admin/nothing', 404],
    ['POST /me', 405],
  ])('knows no %s', async (route, status) => {
    expect((await ask(route, credential)).status).toBe(status);
  });
});
