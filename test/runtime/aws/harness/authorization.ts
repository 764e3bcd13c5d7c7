import type { ApiAuthorizer, ApiDefinition, ApiMethod, UsagePlan } from './api-definition.ts';
import { GatewayRefused } from './gateway-responses.ts';
import { invoke } from './lambda-runtime.ts';
import type { ProxyEvent } from './proxy-event.ts';

/** What an authorizer answers. */
interface Policy {
  readonly principalId: string;
  readonly policyDocument: {
    readonly Statement: readonly {
      readonly Effect: 'Allow' | 'Deny';
      readonly Resource: string | readonly string[];
    }[];
  };
  readonly context?: Readonly<Record<string, string | number | boolean>>;
  readonly usageIdentifierKey?: string;
}

/** What a request carries once it has passed. */
export interface Passed {
  readonly context: Readonly<Record<string, string>> | null;
  readonly usageIdentifierKey: string | null;
}

type Authorize = (event: unknown, context: unknown) => Promise<unknown>;

/** The authorizers of an API, with their caches. */
export function createAuthorization(api: ApiDefinition, functions: Record<string, Authorize>) {
  const kept = new Map<string, { readonly policy: Policy; readonly untilMs: number }>();

  async function policyOf(authorizer: ApiAuthorizer, event: ProxyEvent): Promise<Policy> {
    const identity = authorizer.identitySources.map((source) => valueOf(source, event));
    if (identity.includes(undefined)) throw new GatewayRefused('UNAUTHORIZED');
    const cacheKey = JSON.stringify([authorizer.id, identity]);
    const cached = kept.get(cacheKey);
    if (authorizer.ttlMs > 0 && cached && cached.untilMs > Date.now()) return cached.policy;
    const policy = await ask(authorizer, event);
    kept.set(cacheKey, { policy, untilMs: Date.now() + authorizer.ttlMs });
    return policy;
  }

  async function ask(authorizer: ApiAuthorizer, event: ProxyEvent): Promise<Policy> {
    const { body: _body, isBase64Encoded: _encoded, ...asked } = event;
    const { timeoutMs = 0 } = api.functions.get(authorizer.function) ?? {};
    const question = { type: 'REQUEST', ...asked };
    try {
      return (await invoke(functions[authorizer.function]!, question, timeoutMs)) as Policy;
    } catch (error) {
      const said = (error as Error).message;
      throw new GatewayRefused(said === 'Unauthorized' ? 'UNAUTHORIZED' : 'AUTHORIZER_FAILURE');
    }
  }

  /** @throws GatewayRefused unless the request may go on. */
  return async function authorize(method: ApiMethod, event: ProxyEvent): Promise<Passed> {
    if (!method.authorizer) return { context: null, usageIdentifierKey: null };
    const policy = await policyOf(method.authorizer, event);
    if (!allows(policy, event.methodArn)) throw new GatewayRefused('ACCESS_DENIED');
    const context = Object.entries(policy.context ?? {}).map(([name, value]) => {
      if (typeof value === 'object') throw new GatewayRefused('AUTHORIZER_CONFIGURATION_ERROR');
      return [name, String(value)] as const;
    });
    return {
      context: { ...Object.fromEntries(context), principalId: policy.principalId },
      usageIdentifierKey: policy.usageIdentifierKey ?? null,
    };
  };
}

function valueOf(source: string, event: ProxyEvent): string | undefined {
  const [, kind, name = ''] = /^method\.request\.(header|querystring)\.(.+)$/.exec(source) ?? [];
  if (kind === undefined) throw new Error(`identity source ${source}: the harness knows it not`);
  const values =
    kind === 'header' ? event.multiValueHeaders : event.multiValueQueryStringParameters;
  const found = Object.entries(values ?? {}).find(
    ([key]) => key.toLowerCase() === name.toLowerCase(),
  );
  const value = found?.[1].at(-1);
  return value === '' ? undefined : value;
}

function allows({ policyDocument }: Policy, methodArn: string): boolean {
  const matching = policyDocument.Statement.filter(({ Resource }) =>
    [Resource].flat().some((pattern) => matches(pattern, methodArn)),
  );
  const effects = matching.map(({ Effect }) => Effect);
  return effects.includes('Allow') && !effects.includes('Deny');
}

function matches(pattern: string, arn: string): boolean {
  const parts = pattern.split('*').map((part) => part.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`).test(arn);
}

/** Counts requests per key as usage plans do: a bucket of `burst`, refilled steadily. */
export function createUsagePlans(plans: readonly UsagePlan[]) {
  const buckets = new Map<string, { tokens: number; atMs: number; used: number }>();

  /** @throws GatewayRefused for a key of no plan, or one that is used up. */
  return function count(key: string | null): void {
    const plan = plans.find(({ keys }) => key !== null && keys.includes(key));
    if (key === null || !plan) throw new GatewayRefused('INVALID_API_KEY');
    const nowMs = Date.now();
    const bucket = buckets.get(key) ?? { tokens: plan.burst, atMs: nowMs, used: 0 };
    const refilled = ((nowMs - bucket.atMs) / 1000) * plan.requestsPerSecond;
    bucket.tokens = Math.min(plan.burst, bucket.tokens + refilled) - 1;
    bucket.atMs = nowMs;
    buckets.set(key, bucket);
    if (bucket.used === plan.quota) throw new GatewayRefused('QUOTA_EXCEEDED');
    if (bucket.tokens < 0) {
      bucket.tokens = 0;
      throw new GatewayRefused('THROTTLED');
    }
    bucket.used += 1;
  };
}
