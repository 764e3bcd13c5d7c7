import * as z from 'zod/mini';
import { BUDGET_MODES, BUDGET_PERIODS, isTimeZone } from '../../domain/budget.ts';
import type { Budget } from '../../domain/budget.ts';
import { isInstant, formatInstant, parseInstant } from '../../domain/instant.ts';
import { formatUsd, parseUsd } from '../../domain/money.ts';
import { OPEN_POLICY } from '../../domain/policy.ts';
import type { Policy } from '../../domain/policy.ts';

/** Kinds of documents about a tenant; their id is the tenant's. */
export const POLICY_KIND = 'policy';
export const BUDGETS_KIND = 'budgets';

/** A document that does not say what it should. Names the field, what it holds, what was expected. */
export class DocumentError extends Error {
  override readonly name = 'DocumentError';
}

const MOST_PER_MINUTE = 1_000_000_000;
const MOST_MODELS = 500;
const perMinute = z._default(z.nullable(z.int().check(z.gte(1), z.lte(MOST_PER_MINUTE))), null);
const modelId = z.string().check(z.minLength(1), z.maxLength(256));
const modelList = z.array(modelId).check(z.maxLength(MOST_MODELS));
const instant = z.string().check(z.refine(isInstant, 'expected YYYY-MM-DDTHH:MM:SS.sssZ'));
const rates = { requests_per_minute: perMinute, tokens_per_minute: perMinute };

/** A policy as admins write it: what is left out does not restrict. */
export const PolicyDocument = z.strictObject({
  models: z._default(z.nullable(modelList), null),
  limits: z._default(z.strictObject({ ...rates, concurrent: perMinute }), {
    ...{ requests_per_minute: null, tokens_per_minute: null, concurrent: null },
  }),
  per_model: z._default(z.record(modelId, z.strictObject(rates)), {}),
  output_tokens_max: z._default(z.nullable(z.int().check(z.gte(1), z.lte(1_000_000))), null),
  end_of_life: z._default(z.record(modelId, instant), {}),
  attempts: z._default(z.int().check(z.gte(1), z.lte(5)), 1),
  fallbacks: z._default(z.record(modelId, modelList), {}),
  guardrail: z._default(
    z.nullable(
      z.strictObject({ id: modelId, version: z.string().check(z.regex(/^(\d+|DRAFT)$/)) }),
    ),
    null,
  ),
});

/** Money that SQLite and everything else can hold many times over. */
const LIMIT_MAX = parseUsd('1000000000');

const usd = z.string().check(z.refine(isLimit, 'expected more than 0, up to 1000000000 USD'));

/** A budget as admins write it. */
export const BudgetDocument = z.strictObject({
  period: z.enum(BUDGET_PERIODS),
  limit: usd,
  mode: z._default(z.enum(BUDGET_MODES), 'strict'),
  zone: z._default(z.string().check(z.refine(isTimeZone, 'expected a time zone')), 'UTC'),
});

const BudgetsDocument = z.strictObject({
  budgets: z.array(BudgetDocument).check(z.refine(oncePerPeriod, 'expected one for each period')),
});

function isLimit(text: string): boolean {
  try {
    const limit = parseUsd(text);
    return limit > 0n && limit <= LIMIT_MAX;
  } catch {
    return false;
  }
}

function oncePerPeriod(budgets: readonly { readonly period: string }[]): boolean {
  return new Set(budgets.map(({ period }) => period)).size === budgets.length;
}

/** Reads a policy. @throws DocumentError */
export function parsePolicy(value: unknown): Policy {
  const document = read(PolicyDocument, value, 'policy');
  const { limits, per_model: perModel, end_of_life: ends } = document;
  return {
    models: document.models,
    limits: { ...ratesOf(limits), concurrent: limits.concurrent },
    perModel: mapped(perModel, ratesOf),
    outputTokensMax: document.output_tokens_max,
    endOfLifeMs: mapped(ends, parseInstant),
    attempts: document.attempts,
    fallbacks: document.fallbacks,
    guardrail: document.guardrail,
  };
}

/** The document of a policy: what `parsePolicy` reads. */
export function policyDocument(policy: Policy) {
  const { limits, perModel, endOfLifeMs } = policy;
  const ratesDocument = (of: Policy['perModel'][string]) => ({
    ...{ requests_per_minute: of.requestsPerMinute, tokens_per_minute: of.tokensPerMinute },
  });
  return {
    models: policy.models,
    limits: { ...ratesDocument(limits), concurrent: limits.concurrent },
    per_model: mapped(perModel, ratesDocument),
    output_tokens_max: policy.outputTokensMax,
    end_of_life: mapped(endOfLifeMs, formatInstant),
    ...{ attempts: policy.attempts, fallbacks: policy.fallbacks, guardrail: policy.guardrail },
  };
}

/** Reads the budgets of a tenant. @throws DocumentError */
export function parseBudgets(value: unknown): readonly Budget[] {
  return read(BudgetsDocument, value, 'budgets').budgets.map((budget) => ({
    ...budget,
    limit: parseUsd(budget.limit),
  }));
}

/** The document of a tenant's budgets: what `parseBudgets` reads. */
export function budgetsDocument(budgets: readonly Budget[]) {
  return {
    budgets: budgets.map((budget) => ({ ...budget, limit: formatUsd(budget.limit) })),
  };
}

/** What the tenant nobody wrote a document for gets. */
export const NO_DOCUMENTS = { policy: OPEN_POLICY, budgets: [] as readonly Budget[] } as const;

function ratesOf(rates: {
  readonly requests_per_minute: number | null;
  readonly tokens_per_minute: number | null;
}) {
  return { requestsPerMinute: rates.requests_per_minute, tokensPerMinute: rates.tokens_per_minute };
}

function mapped<From, To>(
  record: Readonly<Record<string, From>>,
  one: (value: From) => To,
): Readonly<Record<string, To>> {
  return Object.fromEntries(Object.entries(record).map(([name, value]) => [name, one(value)]));
}

function read<Schema extends z.ZodMiniType>(
  schema: Schema,
  value: unknown,
  what: string,
): z.output<Schema> {
  const parsed = z.safeParse(schema, value);
  if (parsed.success) return parsed.data;
  const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
  throw new DocumentError(`${what}: ${faults.join('; ')}`);
}
