import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { FunctionName } from '../../runtime/settings.ts';
import { readApi } from '../runtime/aws/harness/api-definition.ts';
import { bundleFunctions } from '../runtime/aws/harness/bundles.ts';
import { synthesizedGateway } from '../runtime/aws/harness/synthesized.ts';
import { send } from '../runtime/local/gateway-harness.ts';
import { deployedGateway } from './harness/deployed-gateway.ts';
import { standIn } from './stand-ins/clients.ts';

const MAIN = join(__dirname, '..', '..', 'runtime', 'aws', 'operator', 'main.ts');

/** `npm run operator`, as who deploys runs it. */
async function operator(...words: string[]) {
  const child = spawn(process.execPath, [MAIN, ...words], {
    env: {
      ...process.env,
      AWS_ENDPOINT_URL_DYNAMODB: standIn('dynamodb').endpoint,
      AWS_ENDPOINT_URL_SECRETS_MANAGER: standIn('moto').endpoint,
    },
  });
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  return { out, err, code };
}

describe('the first admin of a unit', () => {
  const deployed = synthesizedGateway();
  const names = [...readApi(deployed.template).functions.keys()] as FunctionName[];
  const bundles = bundleFunctions(...names);
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-operator-'));
  const outputs = join(folder, 'cdk-outputs.json');
  let gateway: Awaited<ReturnType<ReturnType<typeof deployedGateway>>>;

  beforeAll(async () => {
    gateway = await deployedGateway({ bundles: bundles.folder, ...deployed })();
    const { table, pepperSecret, lakeBucket } = gateway.account;
    const stacks = {
      'tollbook-acme-gateway': { TenantBaseUrl: `${gateway.url}/` },
      'tollbook-acme-tenancy': { AdminTable: table, AdminPepper: pepperSecret },
      'tollbook-acme-lake': {
        ...{ AuditorLake: lakeBucket, AuditorSigningKey: 'k', AdminUsageLog: 'l' },
        ...{ AdminStateMachine: 'm', AnalystDatabase: 'd', AnalystWorkGroup: 'w' },
      },
    };
    writeFileSync(outputs, JSON.stringify(stacks));
  });
  afterAll(async () => {
    await gateway.stop();
    bundles.remove();
    rmSync(folder, { recursive: true });
  });

  const ask = (path: string, credential: string) =>
    send(gateway, {
      ...{ method: 'GET', path, headers: [['authorization', `Bearer ${credential}`]] as const },
    });

  it('is made by who deploys, told its credential once, and let in by the deployed gateway', async () => {
    const made = await operator('--unit', 'acme', '--name', 'Ada', '--outputs', outputs);
    const [credential = '', , said = '', example = ''] = made.out.split('\n');

    expect([made.code, made.err]).toEqual([0, '']);
    expect(credential).toMatch(/^mk_admin_/);
    expect(said).toMatch(/^Admin \S+ until \d{4}-\d\d-\d\dT/);
    expect(example).toContain(`${gateway.url}/admin/tenants`);

    const tenants = await ask('/admin/tenants', credential);
    expect(tenants.status).toBe(200);
    expect(tenants.text).toContain(gateway.tenant);
    const { text: operators } = await ask('/admin/operators', credential);
    expect(JSON.parse(operators)).toMatchObject({ operators: [{ name: 'Ada', role: 'admin' }] });
    expect(operators).not.toContain(credential);
    expect((await ask('/admin/tenants', credential.slice(0, -1))).status).toBe(401);
    expect((await ask('/v1/models', credential)).status).toBe(401);
  });

  it('stands in the audit log as made by the deployer', async () => {
    const { out } = await operator('--unit', 'acme', '--name', 'Eve', '--outputs', outputs);
    const credential = out.split('\n')[0] ?? '';
    const range = `from=2026-01-01T00:00:00.000Z&to=2100-01-01T00:00:00.000Z`;

    const { status, text: log } = await ask(`/admin/audit?${range}`, credential);

    expect(status).toBe(200);
    expect(log).not.toContain(credential);
    const { entries } = JSON.parse(log) as { entries: { actor: string; action: string }[] };
    expect(entries.filter(({ action }) => action === 'operator.create')).toEqual([
      ...['Ada', 'Eve'].map(() => expect.objectContaining({ actor: 'deployer' }) as unknown),
    ]);
  });

  it('needs a unit and a name, and a unit that is deployed', async () => {
    expect(await operator('--unit', 'acme')).toMatchObject({ code: 3, err: '' });
    const missing = await operator('--unit', 'other', '--name', 'A', '--outputs', outputs);
    expect(missing.code).toBe(1);
    expect(missing.err).toContain('unit other has no TenantBaseUrl');
    expect(missing.out).toBe('');
  });
});
