import { DatabaseSync } from 'node:sqlite';
import { MINUTE_MS } from '../../../domain/instant.ts';
import type { Clock, Job, Jobs } from '../../../handlers/ports.ts';

/**
 * Answers are kept in a file of their own: it is the only place on this machine where a model's words
 * are written down. What is deleted is overwritten, and no log keeps a copy of it.
 */
const SCHEMA = `
  PRAGMA secure_delete = ON;
  PRAGMA journal_mode = DELETE;
  CREATE TABLE IF NOT EXISTS jobs (
    tenant TEXT NOT NULL, id TEXT NOT NULL, status INTEGER, body TEXT, expires_ms INTEGER NOT NULL,
    PRIMARY KEY (tenant, id)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS expiry ON jobs (expires_ms);
`;

interface SqliteJobsOptions {
  readonly file: string;
  readonly clock: Pick<Clock, 'now'>;
  /** How often what has expired is deleted. @default every minute */
  readonly sweepMs?: number;
}

/** Kept answers in one SQLite file. What has expired is never found, and soon deleted. */
export function createSqliteJobs(options: SqliteJobsOptions): Jobs & { close(): void } {
  const { file, clock, sweepMs = MINUTE_MS } = options;
  const db = new DatabaseSync(file, { timeout: 10_000 });
  db.exec(SCHEMA);
  const sql = {
    put: db.prepare('INSERT OR REPLACE INTO jobs VALUES (?, ?, ?, ?, ?)'),
    begin: db.prepare(
      `INSERT INTO jobs VALUES (?1, ?2, ?3, ?4, ?5) ON CONFLICT DO UPDATE
       SET status = ?3, body = ?4, expires_ms = ?5 WHERE expires_ms <= ?6`,
    ),
    find: db.prepare('SELECT * FROM jobs WHERE tenant = ? AND id = ? AND expires_ms > ?'),
    expire: db.prepare('DELETE FROM jobs WHERE expires_ms <= ?'),
  };
  const sweep = () => sql.expire.run(clock.now());
  sweep();
  // It keeps no process alive: the next one sweeps when it opens the file.
  const timer = setInterval(sweep, sweepMs).unref();
  return {
    put: ({ tenant, id, result, expiresMs }) => {
      sql.put.run(tenant, id, result?.status ?? null, result?.body ?? null, expiresMs);
      return Promise.resolve();
    },
    begin: ({ tenant, id, result, expiresMs }, nowMs) => {
      const [status, body] = [result?.status ?? null, result?.body ?? null];
      const { changes } = sql.begin.run(tenant, id, status, body, expiresMs, nowMs);
      return Promise.resolve(changes === 1);
    },
    find: ({ tenant, id }, nowMs) => Promise.resolve(jobOf(sql.find.get(tenant, id, nowMs))),
    close: () => {
      clearInterval(timer);
      db.close();
    },
  };
}

function jobOf(row: Readonly<Record<string, unknown>> | undefined): Job | undefined {
  if (!row) return undefined;
  const { tenant, id, status, body, expires_ms: expiresMs } = row;
  return { tenant, id, expiresMs, result: status === null ? null : { status, body } } as Job;
}
