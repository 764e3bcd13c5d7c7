import { periodAt } from '../../domain/budget.ts';
import type { Budget } from '../../domain/budget.ts';
import { budgetCounter } from '../../domain/limits.ts';
import type { CounterState } from '../../domain/limits.ts';
import type { Limits } from '../ports.ts';

/** How a budget stands in one of its periods. Amounts are pico-USD. */
export interface BudgetStanding {
  readonly budget: Budget;
  /** When the period ends. UTC ms. */
  readonly endMs: number;
  readonly state: CounterState;
  /** What is neither held, nor in suspense, nor settled; never below zero. */
  readonly left: bigint;
}

interface Of {
  readonly tenant: string;
  readonly budgets: readonly Budget[];
  /** An instant of the periods that are meant. UTC ms. */
  readonly atMs: number;
}

/** How the budgets of a tenant stand, in their order; asks nothing of the store where there are none. */
export async function budgetStandings(
  limits: Pick<Limits, 'counters'>,
  { tenant, budgets, atMs }: Of,
): Promise<readonly BudgetStanding[]> {
  if (budgets.length === 0) return [];
  const periods = budgets.map((budget) => ({
    budget,
    at: periodAt(atMs, budget.period, budget.zone),
  }));
  const names = periods.map(({ budget, at }) => budgetCounter(tenant, budget.period, at));
  const states = await limits.counters(names);
  return periods.map(({ budget, at }, index) => {
    const state = states[index] as CounterState;
    const taken = state.held + state.suspense + state.settled;
    const left = budget.limit > taken ? budget.limit - taken : 0n;
    return { budget, endMs: at.endMs, state, left };
  });
}
