import { afterAll, describe, expect, it } from '@jest/globals';
import { createHook } from 'node:async_hooks';
import { mkdtempSync, rmSync } from 'node:fs';
import { DatabaseSync } from 'node:sqlite';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseUsd } from '../../../../domain/money.ts';
import { windowOf } from '../../../../domain/window.ts';
import { ReservationExists } from '../../../../handlers/ports.ts';
import type { Store } from '../../../../handlers/ports.ts';
import { createSqliteStore } from '../../../../runtime/local/sqlite/sqlite-store.ts';
import { describeLimits } from '../../../contract/limits.ts';
import { describeRecords } from '../../../contract/records.ts';
import { NOTHING_USED, allOf, describeStore, reservation } from '../../../contract/store.ts';
import { NOON_MS, idAt } from '../../../domain/usage-events.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-store-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

let files = 0;
const newFile = () => join(root, `store-${(files += 1)}.sqlite`);

describeStore('SQLite, commits in the care of the operating system', () => {
  const store = createSqliteStore({ file: newFile(), durability: 'system' });
  return {
    store,
    close: () => {
      store.close();
    },
  };
});

describeLimits('SQLite', () => {
  const store = createSqliteStore({ file: newFile(), durability: 'system' });
  return {
    store,
    close: () => {
      store.close();
    },
  };
});

describeRecords('SQLite', () => {
  const records = createSqliteStore({ file: newFile(), durability: 'system' });
  return {
    records,
    close: () => {
      records.close();
    },
  };
});

/** Calls of the file system off this thread; SQLite's own are on it, so these are our flushes. */
async function asyncFileCalls(work: () => Promise<unknown>): Promise<number> {
  let calls = 0;
  const hook = createHook({
    init: (_id, type) => {
      if (type === 'FSREQCALLBACK') calls += 1;
    },
  }).enable();
  await work();
  hook.disable();
  return calls;
}

/** Calls back before each commit is run. */
function countCommits() {
  let commits = 0;
  const schedule = (run: () => void) => {
    commits += 1;
    setImmediate(run);
  };
  return { schedule, count: () => commits };
}

describe('a store in one file', () => {
  it('lets a thousand concurrent reservations share one commit', async () => {
    const { schedule, count } = countCommits();
    const store = createSqliteStore({ file: newFile(), schedule });

    await Promise.all(
      Array.from({ length: 1000 }, (_, n) => store.reserve(reservation({ id: idAt(NOON_MS + n) }))),
    );

    expect(count()).toBe(1);
    expect(await allOf(store, windowOf(NOON_MS))).toHaveLength(1000);
    store.close();
  });

  it('resolves nothing before the commit: another process sees it then, or not yet', async () => {
    const file = newFile();
    let commit: (() => void) | undefined;
    const store = createSqliteStore({ file, schedule: (run) => (commit = run) });
    const other = createSqliteStore({ file });
    const isKnown = async () => (await other.findReservation(idAt(NOON_MS), 1)) !== undefined;

    const reserving = store.reserve(reservation());
    expect(await isKnown()).toBe(false);
    commit!();
    await reserving;
    expect(await isKnown()).toBe(true);
    store.close();
    other.close();
  });

  it('is shared between two connections without a lost or doubled reservation', async () => {
    const file = newFile();
    const stores = [createSqliteStore({ file }), createSqliteStore({ file })];
    const both = Array.from({ length: 500 }, (_, n) => reservation({ id: idAt(NOON_MS + n) }));

    const ends = await Promise.allSettled(
      both.flatMap((one) => stores.map((store) => store.reserve(one))),
    );

    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(500);
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(ReservationExists);
    }
    for (const store of stores) {
      expect(await allOf(store, windowOf(NOON_MS))).toHaveLength(500);
      store.close();
    }
  });

  it('settles once although two connections try', async () => {
    const file = newFile();
    const stores = [createSqliteStore({ file }), createSqliteStore({ file })];
    const identity = { id: idAt(NOON_MS), attempt: 1 };
    await stores[0]!.reserve(reservation());

    const ends = await Promise.all(
      stores.map((store, n) => store.settle(identity, `line ${n}`, NOTHING_USED)),
    );

    expect([...ends].sort()).toEqual([false, true]);
    expect(await stores[0]!.settledLine(identity.id, 1)).toBe(`line ${ends.indexOf(true)}`);
    for (const store of stores) store.close();
  });

  it('keeps everything over a restart', async () => {
    const file = newFile();
    const before = createSqliteStore({ file });
    await before.reserve(reservation({ reserved: parseUsd('10000000.000000000001') }));
    await before.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED);
    await before.publishPriceBook('book');
    before.close();

    const after: Store & { close(): void } = createSqliteStore({ file });
    const kept = await after.findReservation(idAt(NOON_MS), 1);
    expect(kept).toMatchObject({ state: 'SETTLED', reserved: parseUsd('10000000.000000000001') });
    expect(await after.settledLine(idAt(NOON_MS), 1)).toBe('line');
    expect(await after.currentPriceBook()).toBe('book');
    after.close();
  });

  it('lets what a call came to share the flush of the next reservation', async () => {
    const store = createSqliteStore({ file: newFile() });
    const identity = { id: idAt(NOON_MS), attempt: 1 };
    await store.reserve(reservation());

    const flushes = await asyncFileCalls(async () => {
      const settled = store.settle(identity, 'line', NOTHING_USED);
      await new Promise(setImmediate);
      await Promise.all([settled, store.reserve(reservation({ attempt: 2 }))]);
    });

    expect(flushes).toBe(1);
    expect(await store.settledLine(identity.id, 1)).toBe('line');
    store.close();
  });

  it('settles within milliseconds where no other reservation comes', async () => {
    const store = createSqliteStore({ file: newFile() });
    await store.reserve(reservation());

    expect(await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED)).toBe(true);
    expect((await store.findReservation(idAt(NOON_MS), 1))?.state).toBe('SETTLED');
    store.close();
  });

  it.each([
    ['disk', 1],
    ['system', 0],
  ] as const)(
    'with its durability left to the %s flushes %i times a commit',
    async (durability, flushes) => {
      const store = createSqliteStore({ file: newFile(), durability });
      await store.publishPriceBook('first');
      const audited = {
        atMs: NOON_MS,
        actor: 'test',
        action: 'tenant.create',
        subject: 't_a',
        json: '{}',
      };

      expect(await asyncFileCalls(() => store.reserve(reservation()))).toBe(flushes);
      expect(
        await asyncFileCalls(() =>
          store.putTenant({ tenant: 't_a', name: 'A', costCenter: null }, audited),
        ),
      ).toBe(flushes);
      store.close();
    },
  );

  it('finds the pending past their lease without reading the settled', () => {
    const file = newFile();
    const store = createSqliteStore({ file });
    const reader = new DatabaseSync(file);

    const plan = reader
      .prepare(
        `EXPLAIN QUERY PLAN UPDATE reservations SET state = 'SUSPENSE'
         WHERE state = 'PENDING' AND lease_ms < 1`,
      )
      .all();

    expect(JSON.stringify(plan)).toContain('pending_leases');
    reader.close();
    store.close();
  });
});
