import { BUDGET_PERIODS } from '../../domain/budget.ts';
import { kindOf } from '../../domain/dialects/fields.ts';
import { formatInstant, isInstant, parseInstant } from '../../domain/instant.ts';
import { ApiRefused } from '../edge/api-exchange.ts';
import type { OperatorRequest, OperatorRoute } from '../edge/api-exchange.ts';
import { policyDocument } from '../invoke/tenant-documents.ts';
import { createAdministration } from './administration.ts';
import type { Administration, AdministrationPorts } from './administration.ts';
import { keyShown, modelShown, standingShown, tenantShown } from './shown.ts';
import { exactly, listOf, oneOf, orNull, text, textThat } from '../invoke/document-form.ts';
import { withDefault } from '../invoke/document-form.ts';
import { createOperators, ROLES } from './operators.ts';
import type { Role } from './operators.ts';

const ADMIN: [Role] = ['admin'];
const READERS: [Role, ...Role[]] = ['admin', 'analyst', 'auditor'];
/** Whoever may look at one tenant. */
const OF_TENANT: [Role, ...Role[]] = [...READERS, 'tenant_admin'];
const KEEPERS: [Role, ...Role[]] = ['admin', 'tenant_admin'];

const words = text(1, 200);
/** What a new tenant is made of. */
export const TenantBody = exactly({
  name: text(1, 100),
  cost_center: withDefault(orNull(words), null),
});
/** What a new key is to be. */
export const KeyBody = exactly({
  project: withDefault(orNull(words), null),
  expires_at: withDefault(orNull(textThat(isInstant, 'YYYY-MM-DDTHH:MM:SS.sssZ')), null),
  teams: withDefault(listOf(words, 50), []),
});
/** What a new operator is made of. */
export const OperatorBody = exactly({
  ...{ name: words, role: oneOf(ROLES), tenant: withDefault(orNull(words), null) },
});
const Period = oneOf(BUDGET_PERIODS);

type As = (request: OperatorRequest) => Administration;

/** Every `/admin/…` route. What each changes is written to the audit log under the operator's id. */
export function createAdminRoutes(ports: AdministrationPorts): readonly OperatorRoute[] {
  const as: As = ({ operator }) => createAdministration(ports, operator.id);
  return [
    ...tenantRoutes(as),
    ...keyRoutes(as),
    ...ruleRoutes(as),
    ...modelRoutes(as),
    ...operatorRoutes(ports, as),
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
        const { name, cost_center: costCenter } = TenantBody.read(request.body, 'body');
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
        const { project, expires_at: expiresAt, teams } = KeyBody.read(request.body, 'body');
        // Acting for other tenants is the admin's to give, not a tenant's to take.
        if (teams.length > 0 && request.operator.role !== 'admin') {
          throw new ApiRefused(403, 'teams: only an admin may let a key act for other tenants');
        }
        const made = await as(request).issueKey(tenantOf(request), {
          ...{ project, teams },
          ...(expiresAt !== null && { expiresMs: parseInstant(expiresAt) }),
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
        await as(request).setPolicy(tenantOf(request), objectOf(request));
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
        await as(request).setBudget(tenantOf(request), budgetOf(request));
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
        return modelShown(await as(request).setModel(id, objectOf(request)));
      },
    },
  ];
}

function operatorRoutes(ports: AdministrationPorts, asAdmin: As): readonly OperatorRoute[] {
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
        const wish = OperatorBody.read(request.body, 'body');
        if (wish.tenant !== null) await asAdmin(request).tenant(wish.tenant);
        const made = await as(request).create(wish);
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
  return Period.read(params['period'], 'period');
}

/** A budget of the period that the path names: a body that names another is a mistake, not a wish. */
function budgetOf(request: OperatorRequest): object {
  const period = periodOf(request);
  const document: { readonly period?: unknown } = { period, ...objectOf(request) };
  if (document.period === period) return document;
  const got = kindOf(document.period);
  throw new ApiRefused(400, `period: got ${got}, expected ${period} as in the path, or nothing`);
}

/** A document some fields of which are given: whoever keeps it reads them. */
function objectOf({ body }: OperatorRequest): object {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body;
  throw new ApiRefused(400, `body: got ${kindOf(body)}, expected an object`);
}

/** `from` and `to` of a query, half-open; a day by default. */
function rangeOf(query: string): readonly [number, number] {
  const values = new URLSearchParams(query);
  const [from, to] = [values.get('from') ?? '', values.get('to') ?? ''];
  if (isInstant(from) && isInstant(to)) return [parseInstant(from), parseInstant(to)];
  throw new ApiRefused(400, 'from, to: expected two instants, YYYY-MM-DDTHH:MM:SS.sssZ');
}
