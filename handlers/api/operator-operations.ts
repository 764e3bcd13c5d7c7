import { BUDGET_MODES, BUDGET_PERIODS } from '../../domain/budget.ts';
import { KeyBody, OperatorBody, TenantBody } from '../admin/admin-routes.ts';
import { ROLES } from '../admin/operators.ts';
import { ModelDocument } from '../invoke/model-documents.ts';
import { BudgetDocument, PolicyDocument } from '../invoke/tenant-documents.ts';
import type { Operations } from './operation.ts';
import { ANYTHING, COUNT, INSTANT, OBJECT, TEXT, USD } from './schema.ts';
import { exactly, listOf, oneOf, orNull } from './schema.ts';
import type { Schema } from './schema.ts';

const tenant = exactly({ tenant: TEXT, name: TEXT, cost_center: orNull(TEXT) });
const key = exactly({
  ...{ id: TEXT, project: orNull(TEXT), expires_at: INSTANT, revoked_at: orNull(INSTANT) },
  teams: listOf(TEXT),
});
const budgets = exactly({
  budgets: listOf(
    exactly({
      ...{ period: oneOf(BUDGET_PERIODS), mode: oneOf(BUDGET_MODES), zone: TEXT, limit: USD },
      ...{ settled: USD, held: USD, suspense: USD, left: USD, resets: INSTANT },
    }),
  ),
});
const keys = exactly({ keys: listOf(key) });
/** What a change leaves out stays as it is. */
const policy = PolicyDocument.schema;
const whole = (document: Schema): Schema => {
  return { ...document, required: Object.keys(document['properties'] as Schema) };
};
const model = ModelDocument.schema;
const modelShown = whole({
  ...model,
  properties: { model: TEXT, ...(model['properties'] as Schema) },
});
const operator = exactly({
  ...{ id: TEXT, name: TEXT, role: oneOf(ROLES), tenant: orNull(TEXT) },
  ...{ expires_at: INSTANT, revoked_at: orNull(INSTANT) },
});
const day: Schema = { type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}$' };
const usage = exactly({
  ...{ day: TEXT, model: TEXT, calls: COUNT, input: COUNT, cache_read: COUNT, output: COUNT },
  ...{ cache_write_5m: COUNT, cache_write_1h: COUNT, unpriced_calls: COUNT, cost_usd: orNull(USD) },
});

/** What a tenant may know of itself. */
export const ME_OPERATIONS: Operations = {
  'GET /me': {
    summary: 'Whose key this is.',
    answer: exactly({ tenant: TEXT, name: TEXT, cost_center: orNull(TEXT), key: TEXT }),
  },
  'GET /me/keys': { summary: 'The keys of the tenant, never their secrets.', answer: keys },
  'GET /me/budgets': { summary: 'How the budgets of the tenant stand now.', answer: budgets },
  'GET /me/usage': {
    summary: 'What the tenant used, by day and model, from sealed windows alone.',
    query: {
      from: { schema: day, required: true, description: 'First UTC day.' },
      to: { schema: day, required: true, description: 'The day after the last.' },
    },
    answer: exactly({
      ...{ tenant: TEXT, from: day, to: day, usage: listOf(usage) },
      data_up_to: orNull(INSTANT),
    }),
  },
};

const OF = '/admin/tenants/{tenant}';
const range = { schema: INSTANT, required: true };

/** What operators do; each change is written to the audit log. */
export const ADMIN_OPERATIONS: Operations = {
  'GET /admin/tenants': { summary: 'All tenants.', answer: exactly({ tenants: listOf(tenant) }) },
  'POST /admin/tenants': {
    summary: 'Makes a tenant.',
    body: TenantBody.schema,
    answer: tenant,
  },
  [`GET ${OF}`]: { summary: 'One tenant.', answer: tenant },
  [`GET ${OF}/keys`]: { summary: 'Its keys, revoked and expired ones too.', answer: keys },
  [`POST ${OF}/keys`]: {
    summary: 'Makes a key. Its secret is told here and kept nowhere.',
    body: KeyBody.schema,
    answer: exactly({ key: TEXT, id: TEXT, expires_at: INSTANT }),
  },
  [`DELETE ${OF}/keys/{key}`]: { summary: 'Revokes a key.' },
  [`GET ${OF}/policy`]: { summary: 'What it may call.', answer: whole(policy) },
  [`PUT ${OF}/policy`]: {
    summary: 'Changes the fields that are named and leaves the others.',
    body: { ...policy, required: [] },
    answer: whole(policy),
  },
  [`GET ${OF}/budgets`]: { summary: 'How its budgets stand now.', answer: budgets },
  [`PUT ${OF}/budgets/{period}`]: {
    summary: 'Sets the one budget of a period.',
    body: { ...BudgetDocument.schema, required: ['limit'] },
    answer: budgets,
  },
  [`DELETE ${OF}/budgets/{period}`]: { summary: 'Takes the budget of a period away.' },
  'GET /admin/models': {
    summary: 'Models that were onboarded.',
    answer: exactly({ models: listOf(modelShown) }),
  },
  'PUT /admin/models/{model}': {
    summary: 'Onboards a model, or changes the fields that are named.',
    body: { ...model, required: [] },
    answer: modelShown,
  },
  'GET /admin/operators': {
    summary: 'Who operates.',
    answer: exactly({ operators: listOf(operator) }),
  },
  'POST /admin/operators': {
    summary: 'Makes an operator. The credential is told here and kept nowhere.',
    body: OperatorBody.schema,
    answer: exactly({ id: TEXT, credential: TEXT, expires_at: INSTANT }),
  },
  'DELETE /admin/operators/{operator}': { summary: 'Revokes a credential.' },
  'GET /admin/audit': {
    summary: 'Who changed what, oldest first.',
    query: { from: range, to: range },
    answer: exactly({
      entries: listOf(
        exactly({
          ...{ at: INSTANT, actor: TEXT, action: TEXT, subject: TEXT },
          change: { anyOf: [OBJECT, ANYTHING] },
        }),
      ),
    }),
  },
};
