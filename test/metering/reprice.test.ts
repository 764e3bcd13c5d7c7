import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { RepriceRefused, putOrder } from '../../handlers/repricing/reprice-order.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { nodeCodec } from '../../runtime/node/codec.ts';
import { HOUR, MODEL, NEXT_WINDOW, NOW, WINDOW, createDeployment } from './deployment.ts';
import type { Deployment } from './deployment.ts';
import { priceBook, publish } from './price-books.ts';

const OTHER = 'house.model-2';
const THIRD = formatInstant(HOUR + 2 * HOUR_MS);
/** Hours as orders name them, inclusive and exclusive. */
type Range = readonly [from: string, to: string];
const ONE_HOUR: Range = [WINDOW, NEXT_WINDOW];
const TWO_HOURS: Range = [WINDOW, THIRD];
const LATER = NOW + HOUR_MS;
const LATEST = NOW + 2 * HOUR_MS;

const prices = (input: string, output: string) => ({
  ...{ input, output, cache_read: '0.0000003', cache_write_5m: '0.00000375' },
  cache_write_1h: '0.000006',
});
/** The first prices one model; the second another price for it and one for the other model. */
const FIRST = priceBook({ [MODEL]: prices('0.000003', '0.000015') });
const SECOND = priceBook({
  [MODEL]: prices('0.000002', '0.000015'),
  [OTHER]: prices('0.000001', '0.000004'),
});
/** No price for the first model any more, a dearer one for the other. */
const THIRD_BOOK = priceBook({ [OTHER]: prices('0.000005', '0.000004') });

const BOOKS = [FIRST, SECOND, THIRD_BOOK] as const;

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment({ book: FIRST });
});
afterEach(() => {
  deployment.remove();
});

/** Gives an order to rate hours with a book, which is kept but does not become the current one. */
async function order(book: PriceBook, [from, to] = ONE_HOUR, on = deployment) {
  const current = (await on.store.currentPriceBook()) ?? '';
  const key = await publish(on, book);
  await on.store.publishPriceBook(current);
  const ports = { objects: on.objects, codec: nodeCodec };
  const act = { reason: 'list was wrong', by: 'ada@example.com' };
  return putOrder(ports, { schema: 'tollbook.reprice/1', from, to, book: key, ...act });
}

/** What each tenant used and owes for each hour, corrections included. */
const sums = (of: Deployment) =>
  of.ask(`SELECT tenant, CAST(window_start AS VARCHAR) AS of,
    sum(CASE WHEN kind = 'reversal' THEN -1 ELSE 1 END) AS calls, sum(input) AS input,
    sum(cache_read) AS cache_read, sum(cache_write_1h) AS cache_write_1h, sum(output) AS output,
    coalesce(sum(cost), 0) AS cost,
    sum(CASE WHEN cost IS NOT NULL THEN 0 WHEN kind = 'reversal' THEN -1 ELSE 1 END) AS unpriced
    FROM usage GROUP BY 1, 2 ORDER BY 1, 2`);

const charged = (of: Deployment) =>
  of.ask(`SELECT tenant, CAST(charge_period_start AS VARCHAR) AS of, model, meter, unit_price,
    sum(calls) AS calls, sum(quantity) AS quantity, sum(amount) AS amount
    FROM charges GROUP BY 1, 2, 3, 4, 5 HAVING sum(calls) <> 0 ORDER BY 1, 2, 3, 4, 5`);

describe('an order to reprice', () => {
  it('takes back what a call was charged and charges it anew, in the open window', async () => {
    const { id } = await deployment.call();
    await deployment.meter({ nowMs: NOW });
    const sealed = deployment.sealedFiles();
    await order(SECOND);

    await deployment.meter({ nowMs: LATER });

    // By hand: 100 × 0.000003 + 20 × 0.000015 = 0.0006; then 100 × 0.000002 + 20 × 0.000015 = 0.0005.
    const rows = await deployment.ask(`SELECT id, kind, hour, input, output, cost,
      CAST(window_start AS VARCHAR) AS of FROM usage ORDER BY cost`);
    const own = { id, of: '2026-01-31 20:00:00' };
    expect(rows).toEqual([
      { ...own, kind: 'reversal', hour: '21', input: -100, output: -20, cost: '-0.0006' },
      { ...own, kind: 'rebook', hour: '21', input: 100, output: 20, cost: '0.0005' },
      { ...own, kind: 'call', hour: '20', input: 100, output: 20, cost: '0.0006' },
    ]);
    expect(deployment.sealedFiles()).toMatchObject(sealed);
    const [, open] = await deployment.statements();
    expect(open?.adjustments).toEqual({ rows: 2, cost_pusd: '-100000000' });
    expect((await deployment.verify()).verdict).toBe('ok');
    expect(await deployment.recompute()).toEqual(['same', 'same']);
  });

  it('charges the difference per meter, each by the book that says so', async () => {
    await deployment.call();
    await deployment.meter({ nowMs: NOW });
    await order(SECOND);
    await deployment.meter({ nowMs: LATER });

    const rows = await deployment.ask(`SELECT kind, meter, calls, quantity, unit_price, amount
      FROM charges WHERE kind <> 'call' ORDER BY kind, meter`);
    expect(rows).toEqual([
      {
        kind: 'rebook',
        meter: 'input',
        calls: 1,
        quantity: 100,
        unit_price: '0.000002',
        amount: '0.0002',
      },
      {
        kind: 'rebook',
        meter: 'output',
        calls: 1,
        quantity: 20,
        unit_price: '0.000015',
        amount: '0.0003',
      },
      {
        kind: 'reversal',
        meter: 'input',
        calls: -1,
        quantity: -100,
        unit_price: '0.000003',
        amount: '-0.0003',
      },
      {
        kind: 'reversal',
        meter: 'output',
        calls: -1,
        quantity: -20,
        unit_price: '0.000015',
        amount: '-0.0003',
      },
    ]);
  });

  it('leaves calls alone that cost the same by the other book', async () => {
    await deployment.call({ input: 0 });
    await deployment.meter({ nowMs: NOW });
    await order(SECOND);
    await deployment.meter({ nowMs: LATER });

    expect(await deployment.ask('SELECT kind FROM usage')).toEqual([{ kind: 'call' }]);
    const [, open] = await deployment.statements();
    expect(open?.inputs.late).toHaveLength(1);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('gives a price to what waited for one, so that it waits no longer', async () => {
    await deployment.call({ model: OTHER });
    await deployment.meter({ nowMs: NOW });
    await order(SECOND);
    await deployment.meter({ nowMs: LATER });

    // 100 × 0.000001 + 20 × 0.000004 = 0.00018.
    expect(await sums(deployment)).toEqual([
      expect.objectContaining({ calls: 1, input: 100, output: 20, cost: '0.00018', unpriced: 0 }),
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is taken in by the first window, beside its own calls and its late lines', async () => {
    await deployment.call();
    const tardy = await deployment.admit(deployment.event({ tenant: 'tn_b' }), { leaseMs: HOUR });
    await deployment.meter({ nowMs: NOW });
    await order(SECOND);
    deployment.log(deployment.line(tardy), tardy.settled_ms);
    await deployment.call({ admitted_ms: HOUR + HOUR_MS });

    // The late line is found at the end of a metering, so another one takes it in.
    await deployment.meter({ nowMs: LATER });
    await deployment.call({ admitted_ms: HOUR + 2 * HOUR_MS });
    await deployment.meter({ nowMs: LATEST });

    expect(
      await deployment.ask(
        'SELECT kind, hour, count(*) AS n FROM usage GROUP BY 1, 2 ORDER BY 2, 1',
      ),
    ).toEqual([
      { kind: 'call', hour: '20', n: 1 },
      { kind: 'call', hour: '21', n: 1 },
      { kind: 'rebook', hour: '21', n: 1 },
      { kind: 'reversal', hour: '21', n: 1 },
      { kind: 'call', hour: '22', n: 1 },
      { kind: 'late', hour: '22', n: 1 },
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
    expect(await deployment.recompute()).toEqual(['same', 'same', 'same']);
  });

  it('changes nothing when metering is run again', async () => {
    await deployment.call();
    await deployment.meter({ nowMs: NOW });
    await order(SECOND);
    await deployment.meter({ nowMs: LATER });
    const before = deployment.sealedFiles();

    await deployment.meter({ nowMs: LATER });
    await deployment.meter({ nowMs: LATEST });

    expect(deployment.sealedFiles()).toEqual(before);
  });

  it('takes back what an earlier order charged, late calls included', async () => {
    await deployment.call();
    const tardy = await deployment.admit(deployment.event({ tenant: 'tn_b' }), { leaseMs: HOUR });
    await deployment.meter({ nowMs: NOW });
    deployment.log(deployment.line(tardy), tardy.settled_ms);
    await deployment.meter({ nowMs: LATER });
    await order(SECOND, TWO_HOURS);
    await deployment.meter({ nowMs: LATEST });
    await order(FIRST, TWO_HOURS);
    await deployment.meter({ nowMs: LATEST + HOUR_MS });

    expect(await sums(deployment)).toEqual([
      expect.objectContaining({ tenant: 'tn_a', calls: 1, cost: '0.0006' }),
      expect.objectContaining({ tenant: 'tn_b', calls: 1, cost: '0.0006' }),
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
    expect(await deployment.recompute()).toEqual(['same', 'same', 'same', 'same']);
  });
});

describe('an order is refused', () => {
  it('for hours that are not all sealed', async () => {
    await expect(order(SECOND)).rejects.toThrow(RepriceRefused);
    await deployment.call();
    await deployment.meter({ nowMs: NOW });

    await expect(order(SECOND, TWO_HOURS)).rejects.toThrow('not all sealed');
  });

  it('while another one waits', async () => {
    await deployment.call();
    await deployment.meter({ nowMs: NOW });
    await order(SECOND);

    await expect(order(SECOND)).rejects.toThrow('waits for the next window');
  });

  it('by the window, when it holds something else than was sealed for', async () => {
    await deployment.call();
    await deployment.meter({ nowMs: NOW });
    await deployment.objects.putOnce(
      'inputs/reprice/order-000000000001.ndjson.zst',
      nodeCodec.compress(new TextEncoder().encode('{"from":"yesterday"}\n')),
    );

    const { failure } = await deployment.meter({ nowMs: LATER });

    expect(failure?.cause).toContain('RepriceRefused');
    expect(await deployment.statements()).toHaveLength(1);
  });
});

describe('original and corrections together', () => {
  const EMPTY = {
    ...{ tenant: 'tn_a', model: MODEL, input: 1, output: 1, cache_read: 0, cache_write_1h: 0 },
    late: false,
  };
  type Drawn = readonly { readonly event: UsageEvent; readonly late: boolean }[];
  type Acts = readonly { readonly book: PriceBook; readonly range: Range }[];
  const call = fc.record({
    tenant: fc.constantFrom('tn_a', 'tn_b'),
    model: fc.constantFrom(MODEL, OTHER),
    hour: fc.constantFrom(0, 1),
    input: fc.nat(1_000),
    output: fc.nat(1_000),
    cache_read: fc.constantFrom(0, 7),
    cache_write_1h: fc.constantFrom(0, 11),
    late: fc.boolean(),
  });
  /** Orders of which each says otherwise than the one before it, mostly over both hours. */
  const acts = fc
    .array(
      fc.record({
        shift: fc.constantFrom(1, 2),
        range: fc.constantFrom<Range>(ONE_HOUR, [NEXT_WINDOW, THIRD], TWO_HOURS, TWO_HOURS),
      }),
      { minLength: 3, maxLength: 3 },
    )
    .map((drawn) => {
      let at = 0;
      return drawn.map(({ shift, range }) => {
        at = (at + shift) % BOOKS.length;
        return { book: BOOKS[at] ?? FIRST, range };
      });
    });

  /** What each tenant used and owes, and for what, of each of the two hours. */
  async function owed(on: Deployment): Promise<readonly unknown[]> {
    const [used, bills] = [await sums(on), await charged(on)];
    return [WINDOW, NEXT_WINDOW].map((window) => {
      const of = window.slice(0, 19).replace('T', ' ');
      return [used, bills].map((rows) => rows.filter((row) => row['of'] === of));
    });
  }

  /** The same calls, all in time, rated once with each of the books: what is owed of each hour. */
  async function afresh(calls: Drawn): Promise<Map<PriceBook, readonly unknown[]>> {
    const expected = new Map<PriceBook, readonly unknown[]>();
    for (const book of BOOKS) {
      const fresh = await createDeployment({ book });
      try {
        for (const { event } of calls) await fresh.admit(event, { leaseMs: HOUR });
        for (const { event } of calls) fresh.log(fresh.line(event), event.settled_ms);
        await fresh.meter({ nowMs: LATER });
        expected.set(book, await owed(fresh));
      } finally {
        fresh.remove();
      }
    }
    return expected;
  }

  /** Calls metered in time, or late, then repriced again and again: what is owed after each order. */
  async function corrected(on: Deployment, { calls, acts }: { calls: Drawn; acts: Acts }) {
    for (const { event } of calls) await on.admit(event, { leaseMs: HOUR });
    for (const { event, late } of calls) if (!late) on.log(on.line(event), event.settled_ms);
    let nowMs = LATER;
    await on.meter({ nowMs });
    for (const { event, late } of calls) if (late) on.log(on.line(event), event.settled_ms);
    await on.meter({ nowMs: (nowMs += HOUR_MS) });
    const after = [];
    for (const { book, range } of acts) {
      await order(book, range, on);
      await on.meter({ nowMs: (nowMs += HOUR_MS) });
      after.push(await owed(on));
    }
    return after;
  }

  it('are a fresh run with the new book, per tenant and original window', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(call, { minLength: 6, maxLength: 24, size: 'max' }),
        acts,
        async (drawn, ordered) => {
          const one = await createDeployment({ book: FIRST });
          try {
            // Both hours hold a call in time, so that both are sealed before the first order.
            const wanted = [{ ...EMPTY, hour: 0 }, { ...EMPTY, hour: 1 }, ...drawn];
            const calls = wanted.map(({ hour, late, ...differs }, n) => ({
              event: one.event({ ...differs, admitted_ms: HOUR + hour * HOUR_MS + n }),
              late,
            }));

            // Folders that know nothing of each other: one need not wait for the others.
            const [after, expected] = await Promise.all([
              corrected(one, { calls, acts: ordered }),
              afresh(calls),
            ]);

            let inForce = [FIRST, FIRST];
            for (const [step, { book, range }] of ordered.entries()) {
              inForce = inForce.map((was, hour) => (covers(range, hour) ? book : was));
              expect(after[step]).toEqual(inForce.map((by, hour) => expected.get(by)?.[hour]));
            }
            expect((await one.verify()).verdict).toBe('ok');
            expect(new Set(await one.recompute())).toEqual(new Set(['same']));
          } finally {
            one.remove();
          }
        },
      ),
      // A smaller example would take as many deployments again.
      { numRuns: 2, endOnFailure: true },
    );
  });
});

function covers([from, to]: Range, hour: number): boolean {
  const start = formatInstant(HOUR + hour * HOUR_MS);
  return from <= start && start < to;
}
