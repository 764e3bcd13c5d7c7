import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { RecordConflict } from '../../handlers/ports.ts';
import type { AuditEntry, Records } from '../../handlers/ports.ts';
import { NOON_MS } from '../domain/usage-events.ts';

export interface RecordsWorld {
  readonly records: Records;
  close(): void | Promise<void>;
}

const entryAt = (atMs: number, subject = 't_a'): AuditEntry => ({
  ...{ atMs, actor: 'cli', action: 'policy.set', subject, json: '{"a":1}' },
});

/** What admins keep, and the log of what they changed. */
export function describeRecords(
  name: string,
  open: () => RecordsWorld | Promise<RecordsWorld>,
): void {
  describe(`records: ${name}`, () => {
    let world: RecordsWorld;
    let records: Records;
    beforeEach(async () => {
      world = await open();
      ({ records } = world);
    });
    afterEach(async () => {
      await world.close();
    });

    const write = (id: string, json: string, before?: string) =>
      records.change({ kind: 'policy', id, json }, before, entryAt(NOON_MS, id));
    const log = () => records.auditLog(NOON_MS - 10, NOON_MS + 10);

    it('find what was written, under its kind and id alone', async () => {
      await write('t_a', '{"x":"ä\\u0000"}');

      expect(await records.find('policy', 't_a')).toBe('{"x":"ä\\u0000"}');
      expect(await records.find('policy', 't_b')).toBeUndefined();
      expect(await records.find('budgets', 't_a')).toBeUndefined();
    });

    it('list a kind by id, and nothing of another', async () => {
      await write('t_b', '2');
      await write('t_a', '1');
      await records.change({ kind: 'model', id: 'm', json: '3' }, undefined, entryAt(NOON_MS));

      expect(await records.list('policy')).toEqual([
        { kind: 'policy', id: 't_a', json: '1' },
        { kind: 'policy', id: 't_b', json: '2' },
      ]);
      expect(await records.list('nothing')).toEqual([]);
    });

    it('let nobody overwrite what he has not read', async () => {
      await write('t_a', '1');

      await expect(write('t_a', '2')).rejects.toThrow(RecordConflict);
      await expect(write('t_a', '2', '0')).rejects.toThrow(RecordConflict);
      await expect(write('t_b', '2', '0')).rejects.toThrow(RecordConflict);
      await write('t_a', '2', '1');
      expect(await records.find('policy', 't_a')).toBe('2');
    });

    it('let one of many rivals win', async () => {
      const ends = await Promise.allSettled(
        Array.from({ length: 10 }, (_, n) => write('t_a', String(n))),
      );

      expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect(await log()).toHaveLength(1);
    });

    it('log every change and no refused one, oldest first, by half-open time', async () => {
      await records.change({ kind: 'a', id: '1', json: '1' }, undefined, entryAt(NOON_MS + 1));
      await records.change({ kind: 'a', id: '2', json: '1' }, undefined, entryAt(NOON_MS));
      await records.change({ kind: 'a', id: '1', json: '1' }, 'x', entryAt(NOON_MS)).catch(() => 0);

      expect(await log()).toEqual([entryAt(NOON_MS), entryAt(NOON_MS + 1)]);
      expect(await records.auditLog(NOON_MS, NOON_MS + 1)).toEqual([entryAt(NOON_MS)]);
    });
  });
}
