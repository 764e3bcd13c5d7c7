import { DatabaseSync } from 'node:sqlite';
import { firstEventIdAt, eventTimeMs } from '../../../domain/event-id.ts';
import type { EventId } from '../../../domain/event-id.ts';
import { hourOf } from '../../../domain/instant.ts';
import { formatUsd, parseUsd } from '../../../domain/money.ts';
import { ReservationExists } from '../../../handlers/ports.ts';
import type { ReservationState, ReservedAttempt } from '../../../domain/match-reservations.ts';
import type {
  ApiKeyRecord,
  Limits,
  Records,
  Reservation,
  Store,
  TenantRecord,
} from '../../../handlers/ports.ts';
import { createGroupCommit, onNextTurn } from '../group-commit.ts';
import type { Schedule } from '../group-commit.ts';
import type { Durability } from '../journal/journal.ts';
import { createLogSync } from './sqlite-sync.ts';
import { createSqliteLimits } from './sqlite-limits.ts';
import type { HoldKeeping } from './sqlite-limits.ts';
import { createSqliteRecords } from './sqlite-records.ts';
import type { AppendAudit } from './sqlite-records.ts';
import { createTables } from './sqlite-tables.ts';
import type { Row, RunInCommit } from './sqlite-tables.ts';

const BATCH = 4096;

export interface SqliteStoreOptions {
  readonly file: string;
  readonly durability?: Durability;
  readonly schedule?: Schedule;
}

/** One change of a group; an error in it is its own and spoils no other. */
type Change = () => void;

/** Everything a store of one machine does. */
export type SqliteStore = Store & Limits & Records & { close(): void };

/** Tenants, keys, reservations and limits in one SQLite file; concurrent changes share a commit. */
export function createSqliteStore(options: SqliteStoreOptions): SqliteStore {
  const { file, durability = 'disk', schedule = onNextTurn } = options;
  const db = new DatabaseSync(file, { timeout: 10_000 });
  // Commits are flushed by `log`, off this thread; SQLite itself flushes around its checkpoints.
  const synchronous = durability === 'disk' ? 'NORMAL' : 'OFF';
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`);
  createTables(db);
  const sql = prepare(db);
  const log = durability === 'disk' ? createLogSync(file) : undefined;

  function inTransaction<T>(work: () => T): T {
    sql.begin.run();
    try {
      const value = work();
      sql.commit.run();
      return value;
    } catch (error) {
      // The lock must not outlive the failure: other processes go on.
      if (db.isTransaction) sql.rollback.run();
      throw error;
    }
  }

  const commit = createGroupCommit<Change>((changes) => {
    inTransaction(() => {
      for (const change of changes) change();
    });
    return log?.sync();
  }, schedule);

  /** Runs a change in the next commit; its result counts only once that is durable. */
  async function change<T>(work: () => T, isUrgent = true): Promise<T> {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    await commit(() => {
      try {
        outcome = { value: work() };
      } catch (error) {
        outcome = { error };
      }
    }, isUrgent);
    if (outcome && 'value' in outcome) return outcome.value;
    throw outcome?.error;
  }

  /** Runs a change in a commit of its own, whole or not at all: what admins do is rare. */
  async function changeAlone<T>(work: () => T): Promise<T> {
    const value = inTransaction(work);
    await log?.sync();
    return value;
  }

  const limits = createSqliteLimits(db, changeAlone);
  const records = createSqliteRecords(db, changeAlone);
  return {
    ...{ counters: limits.counters, claim: limits.claim },
    ...{ find: records.find, list: records.list, change: records.change },
    auditLog: records.auditLog,
    ...directory(sql, { change: changeAlone, append: records.append }),
    ...reservationQueries(sql),
    ...reservationChanges(sql, change, limits),
    close: () => {
      db.close();
      log?.close();
    },
  };
}

/** A reservation and its holds change in one commit; what is refused has changed nothing. */
function reservationChanges(
  sql: Statements,
  change: <T>(work: () => T, isUrgent?: boolean) => Promise<T>,
  limits: HoldKeeping,
): Pick<Store, 'reserve' | 'settle' | 'sweep'> {
  return {
    reserve: ({ id, attempt, tenant, state, reserved, leaseMs, holds = [] }) =>
      change(() => {
        const amount = reserved === null ? null : formatUsd(reserved);
        const { changes } = sql.reserve.run(id, attempt, tenant, state, amount, leaseMs);
        if (changes === 0) throw new ReservationExists(`reservation ${id}/${attempt} exists`);
        try {
          limits.take({ id, attempt }, holds);
        } catch (error) {
          sql.unreserve.run(id, attempt);
          throw error;
        }
      }),
    // The answer is out: it goes with the next reservation, and costs that caller no flush of its own.
    settle: ({ id, attempt }, line, used) =>
      change(() => {
        const from = OPEN_STATES.find((state) => {
          return sql.move.run('SETTLED', id, attempt, state).changes === 1;
        });
        if (from === undefined) return false;
        sql.keepLine.run(id, attempt, line);
        limits.settle({ id, attempt }, from === 'PENDING' ? 'held' : 'suspense', used);
        return true;
      }, false),
    sweep: (nowMs) =>
      change(() => {
        const late = sql.late.all(nowMs) as unknown as { id: EventId; attempt: number }[];
        for (const identity of late) {
          sql.setState.run('SUSPENSE', identity.id, identity.attempt);
          limits.suspend(identity);
        }
        return late.length;
      }),
  };
}

/** States that a reservation can be settled from, the likely one first. */
const OPEN_STATES = ['PENDING', 'SUSPENSE'] as const;

type Statements = ReturnType<typeof prepare>;

function prepare(db: DatabaseSync) {
  const range = db.prepare(
    `SELECT id, attempt, state FROM reservations
     WHERE (id, attempt) > (?, ?) AND id < ? ORDER BY id, attempt LIMIT ${BATCH}`,
  );
  range.setReturnArrays(true);
  return {
    range,
    begin: db.prepare('BEGIN IMMEDIATE'),
    commit: db.prepare('COMMIT'),
    rollback: db.prepare('ROLLBACK'),
    reserve: db.prepare(
      'INSERT INTO reservations VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING',
    ),
    unreserve: db.prepare('DELETE FROM reservations WHERE id = ? AND attempt = ?'),
    move: db.prepare(
      'UPDATE reservations SET state = ? WHERE id = ? AND attempt = ? AND state = ?',
    ),
    setState: db.prepare('UPDATE reservations SET state = ? WHERE id = ? AND attempt = ?'),
    keepLine: db.prepare('INSERT INTO settled_lines VALUES (?, ?, ?)'),
    late: db.prepare(
      `SELECT id, attempt FROM reservations WHERE state = 'PENDING' AND lease_ms < ?`,
    ),
    suspended: db.prepare(`SELECT min(id) AS id FROM reservations WHERE state = 'SUSPENSE'`),
    find: db.prepare('SELECT * FROM reservations WHERE id = ? AND attempt = ?'),
    line: db.prepare('SELECT line FROM settled_lines WHERE id = ? AND attempt = ?'),
    next: db.prepare('SELECT id FROM reservations WHERE id >= ? ORDER BY id LIMIT 1'),
    putTenant: db.prepare('INSERT OR REPLACE INTO tenants VALUES (?, ?, ?)'),
    tenants: db.prepare('SELECT * FROM tenants ORDER BY name, tenant'),
    putKey: db.prepare('INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
    findKey: db.prepare('SELECT * FROM keys WHERE key_id = ?'),
    keysOf: db.prepare('SELECT * FROM keys WHERE tenant = ? ORDER BY key_id'),
    book: db.prepare('SELECT key FROM current_price_book'),
    putBook: db.prepare('INSERT OR REPLACE INTO current_price_book VALUES (1, ?)'),
  };
}

function directory(
  sql: Statements,
  { change, append }: { readonly change: RunInCommit; readonly append: AppendAudit },
): Pick<
  Store,
  | 'putTenant'
  | 'tenants'
  | 'putKey'
  | 'findKey'
  | 'keysOf'
  | 'currentPriceBook'
  | 'publishPriceBook'
> {
  return {
    putTenant: ({ tenant, name, costCenter }, entry) =>
      change(() => {
        sql.putTenant.run(tenant, name, costCenter);
        append(entry);
      }),
    tenants: () => Promise.resolve((sql.tenants.all() as Row[]).map(tenantOf)),
    putKey: (key, entry) =>
      change(() => {
        const { keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs } = key;
        const teams = JSON.stringify(key.teams);
        sql.putKey.run(keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs, teams);
        append(entry);
      }),
    findKey: (keyId) => {
      const row = sql.findKey.get(keyId) as Row | undefined;
      return Promise.resolve(row && keyOf(row));
    },
    keysOf: (tenant) => Promise.resolve((sql.keysOf.all(tenant) as Row[]).map(keyOf)),
    currentPriceBook: () => Promise.resolve((sql.book.get() as Row | undefined)?.['key'] as string),
    publishPriceBook: (key) =>
      change(() => {
        sql.putBook.run(key);
      }),
  };
}

function reservationQueries(
  sql: Statements,
): Pick<
  Store,
  'reservations' | 'findReservation' | 'settledLine' | 'nextHourWithReservation' | 'suspendedSince'
> {
  return {
    suspendedSince: () => {
      const { id } = sql.suspended.get() as { readonly id: EventId | null };
      return Promise.resolve(id === null ? undefined : eventTimeMs(id));
    },
    reservations: ({ startMs, endMs }) =>
      batches(sql.range, firstEventIdAt(startMs), firstEventIdAt(endMs)),
    findReservation: (id, attempt) => {
      const row = sql.find.get(id, attempt) as Row | undefined;
      return Promise.resolve(row && reservationOf(row));
    },
    settledLine: (id, attempt) =>
      Promise.resolve((sql.line.get(id, attempt) as Row | undefined)?.['line'] as string),
    nextHourWithReservation: (fromMs) => {
      const row = sql.next.get(firstEventIdAt(fromMs)) as Row | undefined;
      return Promise.resolve(row && hourOf(eventTimeMs(row['id'] as EventId)));
    },
  };
}

/** Pages of `[from, to)`, each beginning after the last identity of the one before. */
// eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, SQLite is not
async function* batches(
  range: Statements['range'],
  from: EventId,
  to: EventId,
): AsyncGenerator<readonly ReservedAttempt[]> {
  for (let [id, attempt] = [from, 0]; ;) {
    const rows = range.all(id, attempt, to) as unknown as [EventId, number, ReservationState][];
    const batch = rows.map((row) => ({ id: row[0], attempt: row[1], state: row[2] }));
    if (batch.length > 0) yield batch;
    const last = rows.at(-1);
    if (last === undefined || rows.length < BATCH) return;
    [id, attempt] = last;
  }
}

function reservationOf(row: Row): Reservation {
  const { id, attempt, tenant, state, reserved, lease_ms: leaseMs } = row;
  const amount = reserved === null ? null : parseUsd(reserved as string);
  return { id, attempt, tenant, state, reserved: amount, leaseMs } as Reservation;
}

function tenantOf(row: Row): TenantRecord {
  const { tenant, name, cost_center: costCenter } = row;
  return { tenant, name, costCenter } as TenantRecord;
}

function keyOf(row: Row): ApiKeyRecord {
  const { key_id: keyId, tenant, cost_center: costCenter, project } = row;
  const { secret_mac: secretMac, expires_ms: expiresMs, revoked_ms: revokedMs } = row;
  const teams: unknown = JSON.parse(row['teams'] as string);
  const life = { secretMac, expiresMs, revokedMs };
  return { keyId, tenant, costCenter, project, ...life, teams } as ApiKeyRecord;
}
