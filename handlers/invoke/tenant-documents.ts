import { BUDGET_MODES, BUDGET_PERIODS, isTimeZone } from '../../domain/budget.ts';
import type { Budget } from '../../domain/budget.ts';
import { isInstant, formatInstant, parseInstant } from '../../domain/instant.ts';
import { formatUsd, parseUsd } from '../../domain/money.ts';
import { OPEN_POLICY } from '../../domain/policy.ts';
import type { Policy } from '../../domain/policy.ts';
import { DocumentError, exactly, listOf, oneOf, orNull, recordOf } from './document-form.ts';
import { text, textLike, textThat, wholeNumber, withDefault } from './document-form.ts';

/** Kinds of documents about a tenant; their id is the tenant's. */
export const POLICY_KIND = 'policy';
export const BUDGETS_KIND = 'budgets';

export { DocumentError };

const MODELS_MOST = 500;
const modelId = text(1, 256);
const modelList = listOf(modelId, MODELS_MOST);
const instant = textThat(isInstant, 'YYYY-MM-DDTHH:MM:SS.sssZ');
const perMinute = withDefault(orNull(wholeNumber(1, 1_000_000_000)), null);
const rates = { requests_per_minute: perMinute, tokens_per_minute: perMinute };
const guardrail = exactly({ id: modelId, version: textLike(/^(\d+|DRAFT)$/, 'a number or DRAFT') });

/** A policy as admins write it: what is left out does not restrict. */
export const PolicyDocument = exactly({
  models: withDefault(orNull(modelList), null),
  limits: withDefault(exactly({ ...rates, concurrent: perMinute }), {
    ...{ requests_per_minute: null, tokens_per_minute: null, concurrent: null },
  }),
  per_model: withDefault(recordOf(modelId, exactly(rates)), {}),
  output_tokens_max: withDefault(orNull(wholeNumber(1, 1_000_000)), null),
  end_of_life: withDefault(recordOf(modelId, instant), {}),
  attempts: withDefault(wholeNumber(1, 5), 1),
  fallbacks: withDefault(recordOf(modelId, modelList), {}),
  guardrail: withDefault(orNull(guardrail), null),
});

/** Money that SQLite and everything else can hold many times over. */
const LIMIT_MAX = parseUsd('1000000000');

const usd = textThat(isLimit, 'more than 0, up to 1000000000 USD');

/** A budget as admins write it. */
export const BudgetDocument = exactly({
  period: oneOf(BUDGET_PERIODS),
  limit: usd,
  mode: withDefault(oneOf(BUDGET_MODES), 'strict'),
  zone: withDefault(textThat(isTimeZone, 'a time zone'), 'UTC'),
});

const BudgetsDocument = exactly({ budgets: listOf(BudgetDocument, BUDGET_PERIODS.length) });

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
  const document = PolicyDocument.read(value, 'policy');
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

/** Reads one budget. @throws DocumentError */
export function parseBudget(value: unknown): Budget {
  const budget = BudgetDocument.read(value, 'budget');
  return { ...budget, limit: parseUsd(budget.limit) };
}

/** Reads the budgets of a tenant. @throws DocumentError */
export function parseBudgets(value: unknown): readonly Budget[] {
  const { budgets } = BudgetsDocument.read(value, 'budgets');
  if (!oncePerPeriod(budgets)) {
    throw new DocumentError('budgets: got two of a period, expected one for each period');
  }
  return budgets.map((budget) => ({ ...budget, limit: parseUsd(budget.limit) }));
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
