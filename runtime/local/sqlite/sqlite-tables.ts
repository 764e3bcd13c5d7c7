import type { DatabaseSync } from 'node:sqlite';

/**
 * Reservations sort by id, which begins with the instant of admission: a window is a range of the
 * primary key. Lines and holds stand apart so that listing states does not read them. Money is text:
 * an INTEGER of pico-USD ends at 9.2 million USD.
 */
const TABLES = `
  CREATE TABLE IF NOT EXISTS tenants (
    tenant TEXT PRIMARY KEY, name TEXT NOT NULL, cost_center TEXT
  ) STRICT;
  CREATE TABLE IF NOT EXISTS keys (
    key_id TEXT PRIMARY KEY, tenant TEXT NOT NULL, cost_center TEXT, project TEXT,
    secret_mac TEXT NOT NULL, expires_ms INTEGER NOT NULL, revoked_ms INTEGER, teams TEXT NOT NULL
  ) STRICT;
  CREATE INDEX IF NOT EXISTS keys_of_tenant ON keys (tenant);
  CREATE TABLE IF NOT EXISTS reservations (
    id TEXT NOT NULL, attempt INTEGER NOT NULL, tenant TEXT NOT NULL, state TEXT NOT NULL,
    reserved TEXT, lease_ms INTEGER NOT NULL, PRIMARY KEY (id, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS pending_leases ON reservations (lease_ms) WHERE state = 'PENDING';
  CREATE INDEX IF NOT EXISTS suspended ON reservations (id) WHERE state = 'SUSPENSE';
  CREATE TABLE IF NOT EXISTS holds (
    id TEXT NOT NULL, attempt INTEGER NOT NULL, holds TEXT NOT NULL, PRIMARY KEY (id, attempt)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS settled_lines (
    id TEXT NOT NULL, attempt INTEGER NOT NULL, line TEXT NOT NULL, PRIMARY KEY (id, attempt)
  ) STRICT;
  CREATE TABLE IF NOT EXISTS counters (
    counter TEXT PRIMARY KEY, held TEXT NOT NULL, suspense TEXT NOT NULL, settled TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS claims (name TEXT PRIMARY KEY) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS documents (
    kind TEXT NOT NULL, id TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (kind, id)
  ) STRICT, WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS audit_log (
    entry INTEGER PRIMARY KEY, at_ms INTEGER NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL,
    subject TEXT NOT NULL, json TEXT NOT NULL
  ) STRICT;
  CREATE TRIGGER IF NOT EXISTS audit_log_stays BEFORE UPDATE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
  CREATE TRIGGER IF NOT EXISTS audit_log_keeps BEFORE DELETE ON audit_log
    BEGIN SELECT RAISE(ABORT, 'the audit log only grows'); END;
  CREATE TABLE IF NOT EXISTS current_price_book (
    only INTEGER PRIMARY KEY CHECK (only = 1), key TEXT NOT NULL
  ) STRICT;
`;

export type Row = Readonly<Record<string, unknown>>;

/** A change that waits for the next commit; what it returns counts only once that is durable. */
export type RunInCommit = <T>(work: () => T) => Promise<T>;

/** Makes the tables of a store where they are missing. */
export function createTables(db: DatabaseSync): void {
  db.exec(TABLES);
}
