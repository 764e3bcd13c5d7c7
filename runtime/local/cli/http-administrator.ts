import type {
  Administrator,
  KeyMade,
  KeyShown,
  ModelShown,
  OperatorMade,
  OperatorShown,
  PolicyShown,
  StandingShown,
  TenantShown,
} from './administrator.ts';
import { UsageError } from './command.ts';

/** The gateway has refused, or could not be reached. */
export class GatewayError extends Error {
  override readonly name = 'GatewayError';
}

interface Gateway {
  /** Without a slash at its end. */
  readonly url: string;
  /** An operator's. It goes into a header, and nowhere else. */
  readonly credential: string;
}

type Method = 'GET' | 'POST' | 'PUT' | 'DELETE';
type Ask = <T>(method: Method, path: string, body?: object) => Promise<T>;

/** The admin API of a gateway, on this machine or in an account. */
export function createHttpAdministrator(gateway: Gateway): Administrator {
  const ask = createAsk(gateway);
  const of = (tenant: string, rest: string) => `/admin/tenants/${encode(tenant)}${rest}`;
  return {
    createTenant: (name, costCenter) =>
      ask<TenantShown>('POST', '/admin/tenants', { name, cost_center: costCenter }),
    tenants: async () => (await ask<{ tenants: TenantShown[] }>('GET', '/admin/tenants')).tenants,
    createKey: (tenant, asked) => ask<KeyMade>('POST', of(tenant, '/keys'), asked),
    keys: async (tenant) => (await ask<{ keys: KeyShown[] }>('GET', of(tenant, '/keys'))).keys,
    revokeKey: (tenant, id) => ask<undefined>('DELETE', of(tenant, `/keys/${encode(id)}`)),
    policy: (tenant) => ask<PolicyShown>('GET', of(tenant, '/policy')),
    setPolicy: (tenant, document) => ask<PolicyShown>('PUT', of(tenant, '/policy'), document),
    budgets: async (tenant) =>
      (await ask<{ budgets: StandingShown[] }>('GET', of(tenant, '/budgets'))).budgets,
    setBudget: async (tenant, period, document) => {
      await ask('PUT', of(tenant, `/budgets/${period}`), document);
    },
    removeBudget: (tenant, period) => ask<undefined>('DELETE', of(tenant, `/budgets/${period}`)),
    models: async () => (await ask<{ models: ModelShown[] }>('GET', '/admin/models')).models,
    setModel: (id, document) => ask<ModelShown>('PUT', `/admin/models/${encode(id)}`, document),
    operators: async () =>
      (await ask<{ operators: OperatorShown[] }>('GET', '/admin/operators')).operators,
    createOperator: (wish) => ask<OperatorMade>('POST', '/admin/operators', wish),
    revokeOperator: (id) => ask<undefined>('DELETE', `/admin/operators/${encode(id)}`),
  };
}

/** @throws UsageError for what the gateway takes for wrong words, GatewayError for all else. */
function createAsk({ url, credential }: Gateway): Ask {
  return async function ask<T>(method: Method, path: string, body?: object): Promise<T> {
    const headers = { authorization: `Bearer ${credential}`, 'content-type': 'application/json' };
    const sent = { method, headers, redirect: 'error' as const };
    const answer = await fetch(`${url}${path}`, {
      ...{ ...sent, ...(body && { body: JSON.stringify(body) }) },
    }).catch((error: unknown) => {
      const { message, cause } = error as Error;
      const why = cause instanceof Error ? cause.message : message;
      throw new GatewayError(`${url}: got no answer, ${why}`);
    });
    const text = await answer.text();
    if (answer.ok) return (text === '' ? undefined : JSON.parse(text)) as T;
    const said = `${messageIn(text)} (${answer.status})`;
    if (answer.status === 400) throw new UsageError(said);
    throw new GatewayError(said);
  };
}

function messageIn(text: string): string {
  try {
    const { error } = JSON.parse(text) as { readonly error?: { readonly message?: unknown } };
    if (typeof error?.message === 'string') return error.message;
  } catch {
    // A proxy's page, perhaps: it is not ours to show.
  }
  return 'got an answer that is no gateway’s';
}

function encode(part: string): string {
  return encodeURIComponent(part);
}
