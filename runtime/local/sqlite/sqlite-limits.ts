import type { DatabaseSync } from 'node:sqlite';
import type { EventId } from '../../../domain/event-id.ts';
import { fitsUnder, settledAmount, suspendedAmount } from '../../../domain/limits.ts';
import type { CounterState, Hold, Used } from '../../../domain/limits.ts';
import { LimitReached } from '../../../handlers/ports.ts';
import type { Limits } from '../../../handlers/ports.ts';
import type { Row, RunInCommit } from './sqlite-tables.ts';

interface Identity {
  readonly id: EventId;
  readonly attempt: number;
}

/** What happens to the holds of a reservation, inside the commit that changes it. */
export interface HoldKeeping {
  /** @throws LimitReached before anything is taken. */
  take(identity: Identity, holds: readonly Hold[]): void;
  /** @param from - Where the holds are booked: they were pending, or in suspense. */
  settle(identity: Identity, from: 'held' | 'suspense', used: Used): void;
  suspend(identity: Identity): void;
}

/** Counters and holds in the tables of a store. */
export function createSqliteLimits(db: DatabaseSync, change: RunInCommit): Limits & HoldKeeping {
  const read = db.prepare('SELECT * FROM counters WHERE counter = ?');
  const write = db.prepare('INSERT OR REPLACE INTO counters VALUES (?, ?, ?, ?)');
  const keep = db.prepare('INSERT INTO holds VALUES (?, ?, ?)');
  const find = db.prepare('SELECT holds FROM holds WHERE id = ? AND attempt = ?');
  const claim = db.prepare('INSERT INTO claims VALUES (?) ON CONFLICT DO NOTHING');

  const stateOf = (counter: string): CounterState => {
    const row = read.get(counter) as Row | undefined;
    if (!row) return { counter, held: 0n, suspense: 0n, settled: 0n };
    const [held, suspense, settled] = [row['held'], row['suspense'], row['settled']].map((text) =>
      BigInt(text as string),
    ) as [bigint, bigint, bigint];
    return { counter, held, suspense, settled };
  };

  function book(counter: string, by: Partial<Record<'held' | 'suspense' | 'settled', bigint>>) {
    const { held, suspense, settled } = stateOf(counter);
    const sums = [
      held + (by.held ?? 0n),
      suspense + (by.suspense ?? 0n),
      settled + (by.settled ?? 0n),
    ];
    write.run(counter, ...sums.map(String));
  }

  const holdsOf = ({ id, attempt }: Identity): readonly Hold[] => {
    const row = find.get(id, attempt) as Row | undefined;
    return row ? parseHolds(row['holds'] as string) : [];
  };

  return {
    take: (identity, holds) => {
      if (holds.length === 0) return;
      const full = holds.find((hold) => !fitsUnder(hold, stateOf(hold.counter)));
      if (full) throw new LimitReached(full.counter);
      for (const { counter, amount } of holds) book(counter, { held: amount });
      keep.run(identity.id, identity.attempt, holdsText(holds));
    },
    settle: (identity, from, used) => {
      for (const hold of holdsOf(identity)) {
        const taken = from === 'held' ? hold.amount : suspendedAmount(hold);
        book(hold.counter, { [from]: -taken, settled: settledAmount(hold, used) });
      }
    },
    suspend: (identity) => {
      for (const hold of holdsOf(identity)) {
        book(hold.counter, { held: -hold.amount, suspense: suspendedAmount(hold) });
      }
    },
    counters: (names) => Promise.resolve(names.map(stateOf)),
    claim: (name) => change(() => claim.run(name).changes === 1),
  };
}

function holdsText(holds: readonly Hold[]): string {
  return JSON.stringify(
    holds.map(({ counter, amount, ceiling }) => [
      counter,
      String(amount),
      ceiling === null ? null : String(ceiling),
    ]),
  );
}

function parseHolds(text: string): readonly Hold[] {
  return (JSON.parse(text) as [string, string, string | null][]).map(
    ([counter, amount, ceiling]) => ({
      counter,
      amount: BigInt(amount),
      ceiling: ceiling === null ? null : BigInt(ceiling),
    }),
  );
}
