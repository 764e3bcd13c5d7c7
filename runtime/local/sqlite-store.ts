import { DatabaseSync } from 'node:sqlite';
import { firstEventIdAt, eventTimeMs } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import { hourOf } from '../../domain/instant.ts';
import { formatUsd, parseUsd } from '../../domain/money.ts';
import { ReservationExists } from '../../handlers/ports.ts';
import type { ReservationState, ReservedAttempt } from '../../domain/match-reservations.ts';
import type { ApiKeyRecord, Reservation, Store, TenantRecord } from '../../handlers/ports.ts';
import { createGroupCommit, onNextTurn } from './group-commit.ts';
import type { Schedule } from './group-commit.ts';
import type { Durability } from './journal.ts';

/**
 * Reservations sort by id, which begins with the instant of admission: a window is a range of the
 * primary key. Lines stand apart so that listing states does not read them. Money is text: an
 * INTEGER of pico-USD ends at 9.2 million USD.
 */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS tenants (
    tenant TEXT PRIMARY KEY, name TEXT NOT NULL, cost_center TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS keys (
    key_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, cost_center TEXT, project TEXT,
    secret_mac TEXT NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER
  ) STRICT;
  CREATE TABLE IF NOT EXISTS reservations (
    id TEXT NOT NULL, attempt INTEGER NOT NULL, tenant TEXT NOT NULL, state TEXT NOT NULL,
    reserved TEXT, lease_ms INTEGER NOT NULL, PRIMARY KEY (id, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS pending_leases ON reservations (lease_ms) WHERE state = 'PENDING';
  CREATE TABLE IF NOT EXISTS settled_lines (
    id TEXT NOT NULL, attempt INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (id, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS current_price_book (
    only INTEGER PRIMARY KEY CHECK (only = 1), key TEXT NOT NULL
  ) STRICT;
`;
const BATCH = 4096;

export interface SqliteStoreOptions {
  readonly file: string;
  readonly durability?: Durability;
  readonly schedule?: Schedule;
}

/** One change of a group; an error in it is its own and spoils no other. */
type Change = () => void;

/** Tenants, keys and reservations in one SQLite file; concurrent changes share a commit. */
export function createSqliteStore(options: SqliteStoreOptions): Store & { close(): void } {
  const { file, durability = 'disk', schedule = onNextTurn } = options;
  const db = new DatabaseSync(file, { timeout: 10_000 });
  const synchronous = durability === 'disk' ? 'FULL' : 'OFF';
  db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = ${synchronous};`);
  db.exec(SCHEMA);
  const sql = prepare(db);

  const commit = createGroupCommit<Change>((changes) => {
    sql.begin.run();
    try {
      for (const change of changes) change();
      sql.commit.run();
    } catch (error) {
      // The lock must not outlive the failure: other processes go on.
      if (db.isTransaction) sql.rollback.run();
      throw error;
    }
    return undefined;
  }, schedule);

  /** Runs a change in the next commit; its result counts only once that is durable. */
  async function change<T>(work: () => T): Promise<T> {
    let outcome: { readonly value: T } | { readonly error: unknown } | undefined;
    await commit(() => {
      try {
        outcome = { value: work() };
      } catch (error) {
        outcome = { error };
      }
    });
    if (outcome && 'value' in outcome) return outcome.value;
    throw outcome?.error;
  }

  return {
    ...directory(sql),
    ...reservationQueries(sql),
    reserve: ({ id, attempt, tenant, state, reserved, leaseMs }) =>
      change(() => {
        const amount = reserved === null ? null : formatUsd(reserved);
        const { changes } = sql.reserve.run(id, attempt, tenant, state, amount, leaseMs);
        if (changes === 0) throw new ReservationExists(`reservation ${id}/${attempt} exists`);
      }),
    settle: ({ id, attempt }, line) =>
      change(() => {
        if (sql.settle.run(id, attempt).changes === 0) return false;
        sql.keepLine.run(id, attempt, line);
        return true;
      }),
    sweep: (nowMs) => change(() => Number(sql.sweep.run(nowMs).changes)),
    close: () => {
      db.close();
    },
  };
}

type Statements = ReturnType<typeof prepare>;

function prepare(db: DatabaseSync) {
  const open = `state IN ('PENDING', 'SUSPENSE')`;
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
    settle: db.prepare(
      `UPDATE reservations SET state = 'SETTLED' WHERE id = ? AND attempt = ? AND ${open}`,
    ),
    keepLine: db.prepare('INSERT INTO settled_lines VALUES (?, ?, ?)'),
    sweep: db.prepare(
      `UPDATE reservations SET state = 'SUSPENSE' WHERE state = 'PENDING' AND lease_ms < ?`,
    ),
    find: db.prepare('SELECT * FROM reservations WHERE id = ? AND attempt = ?'),
    line: db.prepare('SELECT line FROM settled_lines WHERE id = ? AND attempt = ?'),
    next: db.prepare('SELECT id FROM reservations WHERE id >= ? ORDER BY id LIMIT 1'),
    putTenant: db.prepare('INSERT OR REPLACE INTO tenants VALUES (?, ?, ?)'),
    tenants: db.prepare('SELECT * FROM tenants ORDER BY name, tenant'),
    putKey: db.prepare('INSERT OR REPLACE INTO keys VALUES (?, ?, ?, ?, ?, ?, ?)'),
    findKey: db.prepare('SELECT * FROM keys WHERE key_id = ?'),
    book: db.prepare('SELECT key FROM current_price_book'),
    putBook: db.prepare('INSERT OR REPLACE INTO current_price_book VALUES (1, ?)'),
  };
}

type Row = Readonly<Record<string, unknown>>;

function directory(
  sql: Statements,
): Pick<
  Store,
  'putTenant' | 'tenants' | 'putKey' | 'findKey' | 'currentPriceBook' | 'publishPriceBook'
> {
  return {
    putTenant: ({ tenant, name, costCenter }) =>
      done(() => sql.putTenant.run(tenant, name, costCenter)),
    tenants: () => Promise.resolve((sql.tenants.all() as Row[]).map(tenantOf)),
    putKey: (key) =>
      done(() => {
        const { keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs } = key;
        sql.putKey.run(keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs);
      }),
    findKey: (keyId) => {
      const row = sql.findKey.get(keyId) as Row | undefined;
      return Promise.resolve(row && keyOf(row));
    },
    currentPriceBook: () => Promise.resolve((sql.book.get() as Row | undefined)?.['key'] as string),
    publishPriceBook: (key) => done(() => sql.putBook.run(key)),
  };
}

function reservationQueries(
  sql: Statements,
): Pick<Store, 'reservations' | 'findReservation' | 'settledLine' | 'nextHourWithReservation'> {
  return {
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

function done(work: () => unknown): Promise<void> {
  work();
  return Promise.resolve();
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
  return { keyId, tenant, costCenter, project, secretMac, expiresMs, revokedMs } as ApiKeyRecord;
}
