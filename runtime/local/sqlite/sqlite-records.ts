import type { DatabaseSync } from 'node:sqlite';
import { RecordConflict } from '../../../handlers/ports.ts';
import type { AuditEntry, Document, Records } from '../../../handlers/ports.ts';
import type { Row, RunInCommit } from './sqlite-tables.ts';

/** Writes an entry of the audit log, inside the commit of what it tells. */
export type AppendAudit = (entry: AuditEntry) => void;

/** Documents of admins and the audit log, in the tables of a store. */
export function createSqliteRecords(
  db: DatabaseSync,
  change: RunInCommit,
): Records & { append: AppendAudit } {
  const find = db.prepare('SELECT json FROM documents WHERE kind = ? AND id = ?');
  const list = db.prepare('SELECT * FROM documents WHERE kind = ? ORDER BY id');
  const write = db.prepare('INSERT OR REPLACE INTO documents VALUES (?, ?, ?)');
  const append = db.prepare('INSERT INTO audit_log VALUES (NULL, ?, ?, ?, ?, ?)');
  const log = db.prepare(
    'SELECT * FROM audit_log WHERE at_ms >= ? AND at_ms < ? ORDER BY at_ms, entry',
  );
  const jsonOf = (kind: string, id: string) =>
    (find.get(kind, id) as Row | undefined)?.['json'] as string | undefined;
  const appendEntry: AppendAudit = ({ atMs, actor, action, subject, json }) => {
    append.run(atMs, actor, action, subject, json);
  };

  return {
    append: appendEntry,
    find: (kind, id) => Promise.resolve(jsonOf(kind, id)),
    list: (kind) =>
      Promise.resolve(
        (list.all(kind) as Row[]).map(({ id, json }) => ({ kind, id, json }) as Document),
      ),
    change: ({ kind, id, json }, before, entry) =>
      change(() => {
        if (jsonOf(kind, id) !== before) {
          throw new RecordConflict(`${kind} ${id}: somebody else changed it, expected it as read`);
        }
        write.run(kind, id, json);
        appendEntry(entry);
      }),
    auditLog: (fromMs, toMs) =>
      Promise.resolve((log.all(fromMs, toMs) as Row[]).map((row) => entryOf(row))),
  };
}

function entryOf({ at_ms: atMs, actor, action, subject, json }: Row): AuditEntry {
  return { atMs, actor, action, subject, json } as AuditEntry;
}
