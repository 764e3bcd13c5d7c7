import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { ScanCommand } from '@aws-sdk/client-dynamodb';
import { mintEventId } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import { HOUR_MS } from '../../domain/instant.ts';
import type { Hold } from '../../domain/limits.ts';
import { parseUsd } from '../../domain/money.ts';
import { windowOf } from '../../domain/window.ts';
import { LimitReached, ReservationExists, StoreUnavailable } from '../../handlers/ports.ts';
import { createDynamoStore } from '../../runtime/aws/dynamo/dynamo-store.ts';
import { createSeededRandom } from '../../runtime/local/simulation/random.ts';
import { NOTHING_USED, allOf, reservation } from '../contract/store.ts';
import { NOON_MS, idAt } from '../domain/usage-events.ts';
import { createTestTable } from './stand-ins/dynamo-tables.ts';
import type { TestTable } from './stand-ins/dynamo-tables.ts';
import { startFaultyProxy } from './stand-ins/faulty-proxy.ts';
import type { Fate, FaultyProxy, ProxiedCall } from './stand-ins/faulty-proxy.ts';
import { standIn } from './stand-ins/clients.ts';

const window = windowOf(NOON_MS);
const BUDGET = 't_a/usd/day/2026-02-01';
const hold = (amount: bigint, ceiling: bigint | null = null): Hold => {
  return { counter: BUDGET, amount, ceiling };
};

/** Ids of noon, each with random bytes of its own, from a seed. */
function idsAtNoon(count: number): EventId[] {
  const random = createSeededRandom('faults', 'ids');
  return Array.from({ length: count }, (_, n) => mintEventId(NOON_MS + n, random.bytes(10)));
}

/** Refusals that pass by themselves. */
const PASSING: readonly Fate[] = [
  { refuse: 'ProvisionedThroughputExceededException' },
  { refuse: 'ThrottlingException' },
  { refuse: 'RequestLimitExceeded' },
  { refuse: 'InternalServerError' },
  'lose-answer',
];
/** Those of a write, which may meet a transaction. */
const CONFLICTS: Readonly<Record<string, Fate>> = {
  PutItem: { refuse: 'TransactionConflictException' },
  UpdateItem: { refuse: 'TransactionConflictException' },
  TransactWriteItems: {
    refuse: 'TransactionCanceledException',
    fields: { CancellationReasons: [{ Code: 'None' }, { Code: 'TransactionConflict' }] },
  },
};

describe('a store on DynamoDB behind a bad line', () => {
  let proxy: FaultyProxy;
  let test: TestTable;
  let store: ReturnType<typeof createDynamoStore>;
  beforeEach(async () => {
    proxy = await startFaultyProxy(standIn('dynamodb').endpoint);
    test = await createTestTable(proxy.url);
    store = createDynamoStore(test);
  });
  afterEach(async () => {
    proxy.decide(() => 'pass');
    await test.drop();
    await proxy.close();
  });

  const operations = () => proxy.calls.map(({ operation }) => operation);
  /** Spoils the first so many calls of one operation. */
  const spoilFirst = (operation: string, times: number, fate: Fate) => {
    let left = times;
    proxy.decide((call) => (call.operation === operation && left-- > 0 ? fate : 'pass'));
  };
  const state = async () => (await store.counters([BUDGET]))[0];

  it.each([...PASSING, CONFLICTS['PutItem']!])(
    'reserves once where its request first meets %j',
    async (fate) => {
      spoilFirst('PutItem', 2, fate);

      await store.reserve(reservation());

      expect(await store.findReservation(idAt(NOON_MS), 1)).toEqual(reservation());
      await expect(store.reserve(reservation())).rejects.toThrow(ReservationExists);
    },
  );

  it.each([...PASSING, CONFLICTS['TransactWriteItems']!])(
    'takes from a limit once where its request first meets %j',
    async (fate) => {
      spoilFirst('TransactWriteItems', 2, fate);

      await store.reserve(reservation({ holds: [hold(7n, 10n)] }));

      expect(await state()).toEqual({ counter: BUDGET, held: 7n, suspense: 0n, settled: 0n });
    },
  );

  it.each([...PASSING, CONFLICTS['UpdateItem']!])(
    'settles once, and knows that it did, where its request first meets %j',
    async (fate) => {
      await store.reserve(reservation());
      spoilFirst('UpdateItem', 2, fate);

      expect(await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED)).toBe(
        true,
      );
      expect(await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED)).toBe(
        false,
      );
    },
  );

  it.each([...PASSING, CONFLICTS['TransactWriteItems']!])(
    'gives back once where its settlement first meets %j',
    async (fate) => {
      await store.reserve(reservation({ holds: [hold(7n)] }));
      spoilFirst('TransactWriteItems', 2, fate);

      const used = { cost: 3n, tokens: 0n };
      expect(await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', used)).toBe(true);
      expect(await state()).toEqual({ counter: BUDGET, held: 0n, suspense: 0n, settled: 3n });
    },
  );

  it.each(PASSING)('lets one claim a name where the request first meets %j', async (fate) => {
    spoilFirst('PutItem', 2, fate);

    expect(await store.claim('warned/a/50')).toBe(true);
    expect(await store.claim('warned/a/50')).toBe(false);
  });

  it('reserves and settles once over connections that are cut', async () => {
    let left = 4;
    proxy.decide(({ operation }) => (operation !== 'GetItem' && left-- > 0 ? 'hang-up' : 'pass'));
    // A process of its own: the SDK does not know an error of Node's again in the tests' own realm.
    const script = `
      import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
      import { createDynamoStore } from './runtime/aws/dynamo/dynamo-store.ts';
      const client = new DynamoDBClient(${JSON.stringify({ ...standIn('dynamodb'), endpoint: proxy.url })});
      const store = createDynamoStore({ client, table: ${JSON.stringify(test.table)} });
      const identity = ${JSON.stringify({ id: idAt(NOON_MS), attempt: 1 })};
      const holds = [{ counter: ${JSON.stringify(BUDGET)}, amount: 7n, ceiling: 7n }];
      await store.reserve({ ...identity, tenant: 't_a', state: 'PENDING', reserved: 7n, leaseMs: 1, holds });
      console.log(await store.settle(identity, 'line', { cost: 3n, tokens: 0n }));`;
    const child = promisify(execFile)(process.execPath, ['--input-type=module', '-e', script], {
      cwd: join(__dirname, '../..'),
    });

    expect((await child).stdout).toBe('true\n');
    expect(left).toBeLessThanOrEqual(0);
    expect(await state()).toEqual({ counter: BUDGET, held: 0n, suspense: 0n, settled: 3n });
  });

  it('loses and doubles nothing while one request in four is spoiled', async () => {
    const random = createSeededRandom('faults', 'line');
    const spoiled = (call: ProxiedCall): Fate => {
      if (random.unit() > 1 / 4) return 'pass';
      const fates = [...PASSING, CONFLICTS[call.operation] ?? 'pass'];
      return fates[Math.floor(random.unit() * fates.length)]!;
    };
    const ids = idsAtNoon(150);
    proxy.decide(spoiled);

    const ends = await Promise.allSettled(
      ids.map(async (id, n) => {
        await store.reserve(reservation({ id, holds: [hold(10n)] }));
        if (n % 3 === 0) return;
        const settled = await store.settle({ id, attempt: 1 }, `line ${id}`, {
          ...{ cost: 4n, tokens: 0n },
        });
        expect(settled).toBe(true);
      }),
    );
    proxy.decide(() => 'pass');

    expect(ends.filter(({ status }) => status === 'rejected')).toEqual([]);
    const all = await allOf(store, window);
    expect(all.map(({ id }) => id)).toEqual([...ids].sort());
    const settled = ids.filter((_, n) => n % 3 !== 0);
    expect(all.flatMap((one) => (one.state === 'SETTLED' ? [one.id] : []))).toEqual(
      [...settled].sort(),
    );
    for (const id of settled) expect(await store.settledLine(id, 1)).toBe(`line ${id}`);
    // 50 still hold 10 each; 100 came to 4 each.
    expect(await state()).toEqual({ counter: BUDGET, held: 500n, suspense: 0n, settled: 400n });
  });

  it('admits what a budget has room for, and no more, while requests are spoiled', async () => {
    const random = createSeededRandom('faults', 'burst');
    proxy.decide(({ operation }) => {
      if (operation !== 'TransactWriteItems' || random.unit() > 0.2) return 'pass';
      return random.unit() > 0.5 ? 'lose-answer' : CONFLICTS['TransactWriteItems']!;
    });

    const ends = await Promise.allSettled(
      idsAtNoon(200).map((id) => store.reserve(reservation({ id, holds: [hold(7n, 7n * 25n)] }))),
    );

    const errors = ends.flatMap((end) =>
      end.status === 'rejected' ? [end.reason as unknown] : [],
    );
    expect(errors.filter((error) => !(error instanceof LimitReached))).toEqual([]);
    expect(ends.length - errors.length).toBe(25);
    expect(await state()).toMatchObject({ held: 175n });
  });

  it('says so after a few seconds where nothing gets through, and has reserved nothing', async () => {
    proxy.decide(() => ({ refuse: 'ThrottlingException' }));

    const refused = store.reserve(reservation());

    await expect(refused).rejects.toThrow(StoreUnavailable);
    await expect(refused).rejects.toThrow(/ThrottlingException/);
    expect(proxy.calls.length).toBeLessThan(20);
    proxy.decide(() => 'pass');
    expect(await allOf(store, window)).toEqual([]);
    await store.reserve(reservation());
  });

  it('does not ask again what is refused for good', async () => {
    await store.reserve(reservation());
    const before = proxy.calls.length;
    proxy.decide(() => ({ refuse: 'AccessDeniedException' }));

    await expect(store.reserve(reservation({ attempt: 2 }))).rejects.toThrow('injected');
    expect(proxy.calls.length - before).toBe(1);
  });

  it('makes no reservation whose hour it could not mark, and marks it with the next', async () => {
    spoilFirst('UpdateItem', 1, { refuse: 'AccessDeniedException' });

    await expect(store.reserve(reservation())).rejects.toThrow('injected');
    expect(operations()).not.toContain('PutItem');
    await store.reserve(reservation());
    expect(await store.nextHourWithReservation(0)).toBe(NOON_MS);
  });

  it('names no hour that was marked and then held nothing', async () => {
    spoilFirst('PutItem', 1, { refuse: 'AccessDeniedException' });
    await expect(store.reserve(reservation())).rejects.toThrow('injected');
    await store.reserve(reservation({ id: idAt(NOON_MS + 3 * HOUR_MS) }));

    expect(await store.nextHourWithReservation(0)).toBe(NOON_MS + 3 * HOUR_MS);
  });

  it.each([1, 2, 7])('reads a window in order from pages of %i, over all shards', async (Limit) => {
    const ids = idsAtNoon(100);
    await Promise.all(ids.map((id) => store.reserve(reservation({ id }))));
    proxy.decide(({ operation, input }) =>
      operation === 'Query' ? { input: { ...input, Limit } } : 'pass',
    );

    const all = await allOf(store, window);

    expect(all.map(({ id }) => id)).toEqual([...ids].sort());
    expect(await store.sweep(NOON_MS + HOUR_MS)).toBe(100);
  });

  it('is asked strongly consistent, always, and by no index', async () => {
    await store.reserve(reservation({ holds: [hold(1n)] }));
    await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED);
    await allOf(store, window);
    await store.sweep(NOON_MS);
    await store.nextHourWithReservation(0);
    await store.findKey('k');
    await store.tenants();

    const reads = proxy.calls.filter(({ operation }) => /^(Query|GetItem)$/.test(operation));
    expect(reads.length).toBeGreaterThan(20);
    expect(reads.every(({ input }) => input['ConsistentRead'] === true)).toBe(true);
    expect(reads.filter(({ input }) => 'IndexName' in input)).toEqual([]);
  });

  it('writes a settled call without limits in two requests and one read', async () => {
    await store.reserve(reservation({ id: idAt(NOON_MS, 1) }));
    const before = proxy.calls.length;
    await store.reserve(reservation());
    await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED);

    expect(operations().slice(before)).toEqual(['PutItem', 'GetItem', 'UpdateItem']);
  });
});

describe('a table of reservations', () => {
  let test: TestTable;
  beforeEach(async () => {
    test = await createTestTable();
  });
  afterEach(() => test.drop());

  const scan = async () =>
    (await test.client.send(new ScanCommand({ TableName: test.table }))).Items ?? [];

  it('holds a thousand from two processes at once, each once, in sixteen partitions', async () => {
    const stores = [createDynamoStore(test), createDynamoStore(test)];
    const ids = idsAtNoon(1000);

    const ends = await Promise.allSettled(
      ids.flatMap((id) => stores.map((store) => store.reserve(reservation({ id })))),
    );

    expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(1000);
    for (const end of ends) {
      if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(ReservationExists);
    }
    expect((await allOf(stores[0]!, window)).map(({ id }) => id)).toEqual([...ids].sort());
    const partitions = Map.groupBy(await scan(), (item) => item['pk']?.S);
    const sizes = [...partitions].flatMap(([pk = '', items]) =>
      pk.startsWith('reservations/') ? [items.length] : [],
    );
    expect(sizes).toHaveLength(16);
    // 62.5 in each; none is hot.
    expect(Math.max(...sizes)).toBeLessThan(100);
  });

  it('keeps money of 38 digits', async () => {
    const store = createDynamoStore(test);
    const usd = `${'9'.repeat(26)}.${'9'.repeat(12)}`;
    await store.reserve(reservation({ reserved: parseUsd(usd) }));

    expect((await store.findReservation(idAt(NOON_MS), 1))?.reserved).toBe(parseUsd(usd));
  });

  it.each([0, -1, 1.5, 1_000_000, Number.NaN])('has no place for attempt %p', async (attempt) => {
    const store = createDynamoStore(test);

    await expect(store.reserve(reservation({ attempt }))).rejects.toThrow(RangeError);
  });

  it('lets nothing die but the counters of single minutes', async () => {
    const store = createDynamoStore(test);
    const minute = { counter: 't_a/requests/2026-02-01T12:00', amount: 1n, ceiling: 5n };
    await store.reserve(reservation({ holds: [hold(1n), minute] }));
    await store.settle({ id: idAt(NOON_MS), attempt: 1 }, 'line', NOTHING_USED);

    const dying = (await scan()).filter((item) => item['ttl']);
    expect(dying.map((item) => item['pk']?.S)).toEqual([`counters/${minute.counter}`]);
    expect(Number(dying[0]?.['ttl']?.N) * 1000).toBe(NOON_MS + 48 * HOUR_MS);
  });
});

describe('the sweep of old hours', () => {
  let proxy: FaultyProxy;
  let test: TestTable;
  beforeEach(async () => {
    proxy = await startFaultyProxy(standIn('dynamodb').endpoint);
    test = await createTestTable(proxy.url);
  });
  afterEach(async () => {
    await test.drop();
    await proxy.close();
  });

  const queriesOf = async (work: () => Promise<unknown>) => {
    const before = proxy.calls.length;
    await work();
    return proxy.calls.slice(before).filter(({ operation }) => operation === 'Query').length;
  };

  it('looks no more at an hour that ended two hours ago with nothing pending', async () => {
    const store = createDynamoStore(test);
    await store.reserve(reservation());
    const sweep = (nowMs: number) => queriesOf(() => store.sweep(nowMs));

    expect(await sweep(window.endMs + 2 * HOUR_MS - 1)).toBe(17);
    expect(await sweep(window.endMs + 2 * HOUR_MS)).toBe(17);
    expect(await sweep(window.endMs + 2 * HOUR_MS)).toBe(1);
    expect(await store.nextHourWithReservation(0)).toBe(NOON_MS);
  });

  it('goes on with an old hour as long as something is pending in it', async () => {
    const store = createDynamoStore(test);
    const leaseMs = window.endMs + 9 * HOUR_MS;
    await store.reserve(reservation({ leaseMs }));

    expect(await store.sweep(leaseMs)).toBe(0);
    expect(await store.sweep(leaseMs + 1)).toBe(1);
  });

  it('opens an hour again for a straggler, of any process', async () => {
    const store = createDynamoStore(test);
    const laterMs = window.endMs + 5 * HOUR_MS;
    await store.reserve(reservation());
    await store.sweep(laterMs);
    await store.sweep(laterMs);

    await createDynamoStore(test).reserve(reservation({ attempt: 2 }));
    expect(await store.sweep(laterMs)).toBe(1);
    await store.sweep(laterMs);

    // The same process, which has gone on to another hour since.
    await store.reserve(reservation({ id: idAt(laterMs), leaseMs: laterMs }));
    await store.reserve(reservation({ attempt: 3 }));
    expect(await store.sweep(laterMs)).toBe(1);
  });

  it('counts nothing that was settled while it read', async () => {
    const store = createDynamoStore(test);
    await store.reserve(reservation());
    proxy.decide(({ operation, input }) => {
      const values = input['ExpressionAttributeValues'] as Record<string, unknown> | undefined;
      if (operation !== 'UpdateItem' || !values?.[':suspense']) return 'pass';
      // What the sweep would see had the settlement come first.
      return { refuse: 'ConditionalCheckFailedException' };
    });

    expect(await store.sweep(NOON_MS + 2000)).toBe(0);
  });
});
