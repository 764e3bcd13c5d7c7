import * as z from 'zod/mini';
import { BUDGET_PERIODS } from '../../domain/budget.ts';
import { formatInstant, isInstant, parseInstant } from '../../domain/instant.ts';
import { ApiRefused } from '../edge/api-exchange.ts';
import type { OperatorRequest, OperatorRoute } from '../edge/api-exchange.ts';
import { policyDocument } from '../invoke/tenant-documents.ts';
import { createAdministration } from './administration.ts';
import type { Administration, AdministrationPorts } from './administration.ts';
import { keyShown, modelShown, standingShown, tenantShown } from './shown.ts';
import { createOperators, ROLES } from './operators.ts';
import type { Role } from './operators.ts';

const ADMIN: [Role] = ['admin'];
const READERS: [Role, ...Role[]] = ['admin', 'analyst', 'auditor'];
/** Whoever may look at one tenant. */
const OF_TENANT: [Role, ...Role[]] = [...READERS, 'tenant_admin'];
const KEEPERS: [Role, ...Role[]] = ['admin', 'tenant_admin'];

const text = z.string().check(z.minLength(1), z.maxLength(200));
/** What a new tenant is made of. */
export const TenantBody = z.strictObject({
  name: text,
  cost_center: z._default(z.nullable(text), null),
});
/** What a new key is to be. */
export const KeyBody = z.strictObject({
  project: z._default(z.nullable(text), null),
  expires_at: z.optional(z.string().check(z.refine(isInstant, 'expected an instant'))),
  teams: z._default(z.array(text).check(z.maxLength(50)), []),
});
/** What a new operator is made of. */
export const OperatorBody = z.strictObject({
  name: text,
  role: z.enum(ROLES),
  tenant: z._default(z.nullable(text), null),
});
const ObjectBody = z.record(z.string(), z.unknown());
const Period = z.enum(BUDGET_PERIODS);

type As = (request: OperatorRequest) => Administration;

/** Every `/admin/…` route. What each changes is written to the audit log under the operator's id. */
export function createAdminRoutes(ports: AdministrationPorts): readonly OperatorRoute[] {
  const as: As = ({ operator }) => createAdministration(ports, operator.id);
  return [
    ...tenantRoutes(as),
    ...keyRoutes(as),
    ...ruleRoutes(as),
    ...modelRoutes(as),
    ...operatorRoutes(ports),
    {
      ...{ method: 'GET', path: '/admin/audit', access: 'operator', roles: ['admin', 'auditor'] },
      handle: async (request) => {
        const [fromMs, toMs] = rangeOf(request.query);
        const entries = await as(request).auditLog(fromMs, toMs);
        return {
          entries: entries.map(({ atMs, actor, action, subject, json }) => ({
            ...{
              at: formatInstant(atMs),
              actor,
              action,
              subject,
              change: JSON.parse(json) as unknown,
            },
          })),
        };
      },
    },
  ];
}

function tenantRoutes(as: As): readonly OperatorRoute[] {
  return [
    {
      ...{ method: 'GET', path: '/admin/tenants', access: 'operator', roles: READERS },
      handle: async (request) => ({ tenants: (await as(request).tenants()).map(tenantShown) }),
    },
    {
      ...{ method: 'POST', path: '/admin/tenants', access: 'operator', roles: ADMIN },
      handle: async (request) => {
        const { name, cost_center: costCenter } = bodyOf(TenantBody, request);
        return tenantShown(await as(request).createTenant(name, costCenter));
      },
    },
    {
      ...{ method: 'GET', path: '/admin/tenants/{tenant}', access: 'operator', roles: OF_TENANT },
      handle: async (request) => tenantShown(await as(request).tenant(tenantOf(request))),
    },
  ];
}

function keyRoutes(as: As): readonly OperatorRoute[] {
  const path = '/admin/tenants/{tenant}/keys';
  return [
    {
      ...{ method: 'GET', path, access: 'operator', roles: OF_TENANT },
      handle: async (request) => ({
        keys: (await as(request).keys(tenantOf(request))).map(keyShown),
      }),
    },
    {
      ...{ method: 'POST', path, access: 'operator', roles: KEEPERS },
      handle: async (request) => {
        const { project, expires_at: expiresAt, teams } = bodyOf(KeyBody, request);
        // Acting for other tenants is the admin's to give, not a tenant's to take.
        if (teams.length > 0 && request.operator.role !== 'admin') {
          throw new ApiRefused(403, 'teams: only an admin may let a key act for other tenants');
        }
        const made = await as(request).issueKey(tenantOf(request), {
          ...{ project, teams },
          ...(expiresAt !== undefined && { expiresMs: parseInstant(expiresAt) }),
        });
        return { key: made.text, id: made.keyId, expires_at: formatInstant(made.expiresMs) };
      },
    },
    {
      ...{ method: 'DELETE', path: `${path}/{key}`, access: 'operator', roles: KEEPERS },
      handle: (request) => as(request).revokeKey(tenantOf(request), request.params['key'] ?? ''),
    },
  ];
}

function ruleRoutes(as: As): readonly OperatorRoute[] {
  const path = '/admin/tenants/{tenant}';
  return [
    {
      ...{ method: 'GET', path: `${path}/policy`, access: 'operator', roles: OF_TENANT },
      handle: async (request) => policyDocument(await as(request).policy(tenantOf(request))),
    },
    {
      ...{ method: 'PUT', path: `${path}/policy`, access: 'operator', roles: ADMIN },
      handle: async (request) => {
        await as(request).setPolicy(tenantOf(request), bodyOf(ObjectBody, request));
        return policyDocument(await as(request).policy(tenantOf(request)));
      },
    },
    {
      ...{ method: 'GET', path: `${path}/budgets`, access: 'operator', roles: OF_TENANT },
      handle: async (request) => ({
        budgets: (await as(request).standing(tenantOf(request))).map(standingShown),
      }),
    },
    {
      ...{ method: 'PUT', path: `${path}/budgets/{period}`, access: 'operator', roles: ADMIN },
      handle: async (request) => {
        const document = { ...bodyOf(ObjectBody, request), period: periodOf(request) };
        await as(request).setBudget(tenantOf(request), document);
        return { budgets: (await as(request).standing(tenantOf(request))).map(standingShown) };
      },
    },
    {
      ...{ method: 'DELETE', path: `${path}/budgets/{period}`, access: 'operator', roles: ADMIN },
      handle: (request) => as(request).removeBudget(tenantOf(request), periodOf(request)),
    },
  ];
}

function modelRoutes(as: As): readonly OperatorRoute[] {
  const path = '/admin/models';
  return [
    {
      ...{ method: 'GET', path, access: 'operator', roles: READERS },
      handle: async (request) => ({ models: (await as(request).models()).map(modelShown) }),
    },
    {
      ...{ method: 'PUT', path: `${path}/{model}`, access: 'operator', roles: ADMIN },
      handle: async (request) => {
        const id = request.params['model'] ?? '';
        return modelShown(await as(request).setModel(id, bodyOf(ObjectBody, request)));
      },
    },
  ];
}

function operatorRoutes(ports: AdministrationPorts): readonly OperatorRoute[] {
  const as = ({ operator }: OperatorRequest) => createOperators(ports, operator.id);
  const path = '/admin/operators';
  return [
    {
      ...{ method: 'GET', path, access: 'operator', roles: ['admin', 'auditor'] },
      handle: async (request) => ({ operators: await as(request).list() }),
    },
    {
      ...{ method: 'POST', path, access: 'operator', roles: ADMIN },
      handle: async (request) => {
        const made = await as(request).create(bodyOf(OperatorBody, request));
        const { id, credential, expiresMs } = made;
        return { id, credential, expires_at: formatInstant(expiresMs) };
      },
    },
    {
      ...{ method: 'DELETE', path: `${path}/{operator}`, access: 'operator', roles: ADMIN },
      handle: (request) => as(request).revoke(request.params['operator'] ?? ''),
    },
  ];
}

function tenantOf({ params }: OperatorRequest): string {
  return params['tenant'] ?? '';
}

function periodOf({ params }: OperatorRequest) {
  const period = z.safeParse(Period, params['period']);
  if (period.success) return period.data;
  throw new ApiRefused(400, `period: expected one of ${BUDGET_PERIODS.join(', ')}`);
}

function bodyOf<Schema extends z.ZodMiniType>(
  schema: Schema,
  { body }: OperatorRequest,
): z.output<Schema> {
  const parsed = z.safeParse(schema, body);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new ApiRefused(400, `body: ${faults.join('; ')}`);
}

/** `from` and `to` of a query, half-open; a day by default. */
function rangeOf(query: string): readonly [number, number] {
  const values = new URLSearchParams(query);
  const [from, to] = [values.get('from') ?? '', values.get('to') ?? ''];
  if (isInstant(from) && isInstant(to)) return [parseInstant(from), parseInstant(to)];
  throw new ApiRefused(400, 'from, to: expected two instants, YYYY-MM-DDTHH:MM:SS.sssZ');
}
