import { formatInstant } from '../../domain/instant.ts';
import { formatUsd } from '../../domain/money.ts';
import type { Attempt } from './admit-call.ts';
import type { Headers } from '../edge/api-exchange.ts';
import { budgetStandings } from './budget-standing.ts';
import type { BudgetStanding } from './budget-standing.ts';
import type { Limits, Notifier } from '../ports.ts';
import type { RulesOf } from './tenant-rules.ts';

interface WatchPorts {
  readonly limits: Limits;
  readonly notifier: Notifier;
  readonly rules: RulesOf;
}

export interface BudgetWatch {
  /** How the budget with the least room stands, this call's reservation included; empty without one. */
  headersOf(attempt: Attempt): Promise<Headers>;
  /** Tells people once when what is settled passes 50, 80 and 100 % of a limit. */
  afterSettling(attempt: Attempt): Promise<void>;
}

/** Percent of a limit at which people are told. */
const WARNINGS = [50n, 80n, 100n];

/** Watches what calls do to budgets. */
export function createBudgetWatch({ limits, notifier, rules }: WatchPorts): BudgetWatch {
  const told = new Set<string>();

  async function standings({ principal, admittedMs }: Attempt): Promise<readonly BudgetStanding[]> {
    const { tenant } = principal;
    const { budgets } = await rules(tenant);
    return budgetStandings(limits, { tenant, budgets, atMs: admittedMs });
  }

  async function warn({ budget, state }: BudgetStanding, tenant: string): Promise<void> {
    for (const percent of WARNINGS) {
      if (state.settled * 100n < budget.limit * percent) return;
      const name = `warned/${state.counter}/${percent}/${budget.limit}`;
      if (told.has(name)) continue;
      told.add(name);
      if (!(await limits.claim(name))) continue;
      await notifier.notify({
        subject: `tollbook: ${tenant} has spent ${percent} % of its budget`,
        body: `${tenant}: ${formatUsd(state.settled)} of ${formatUsd(budget.limit)} USD a ${budget.period} (${state.counter})`,
      });
    }
  }

  return {
    headersOf: async (attempt) => {
      const all = await standings(attempt);
      const tightest = all.reduce<BudgetStanding | undefined>(
        (least, one) => (least === undefined || one.left < least.left ? one : least),
        undefined,
      );
      return tightest ? headersFor(tightest) : {};
    },
    afterSettling: async (attempt) => {
      for (const standing of await standings(attempt)) {
        await warn(standing, attempt.principal.tenant);
      }
    },
  };
}

function headersFor({ budget, endMs, state, left }: BudgetStanding): Headers {
  return {
    'x-tollbook-budget-period': budget.period,
    'x-tollbook-budget-limit-usd': formatUsd(budget.limit),
    'x-tollbook-budget-spent-usd': formatUsd(state.settled + state.suspense),
    'x-tollbook-budget-held-usd': formatUsd(state.held),
    'x-tollbook-budget-left-usd': formatUsd(left),
    'x-tollbook-budget-resets': formatInstant(endMs),
  };
}
