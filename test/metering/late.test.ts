import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { HOUR_MS } from '../../domain/instant.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { CALL_COST, HOUR, NEXT_WINDOW, NOW, WINDOW, createDeployment } from './deployment.ts';
import type { Deployment } from './deployment.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment();
});
afterEach(() => {
  deployment.remove();
});

const NEXT = HOUR + HOUR_MS;
/** The second window can be sealed, the third cannot. */
const LATER = NOW + HOUR_MS;
const LATEST = NOW + 2 * HOUR_MS;

/** A call whose line and settlement are on their way when its window is sealed. */
async function tardyCall(differs: Partial<UsageEvent> = {}): Promise<UsageEvent> {
  // Its lease is over, so that its window is sealed with it in suspense.
  return deployment.admit(deployment.event(differs), { leaseMs: HOUR });
}

function arrive(event: UsageEvent, line = deployment.line(event)): void {
  deployment.log(line, event.settled_ms);
}

const rows = (columns: string) =>
  deployment.ask(`SELECT ${columns} FROM usage ORDER BY admitted_at, id, kind`);

const quarantine = () =>
  deployment.ask(`SELECT reason, identity, hour, CAST(window_start AS VARCHAR) AS of
    FROM quarantine ORDER BY hour, reason`);

describe('a line that comes after its window was sealed', () => {
  it('becomes a late row of the open window that names its own', async () => {
    await deployment.call();
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy);

    await deployment.meter({ nowMs: LATER });

    expect(
      await deployment.ask(`SELECT id, kind, dt, hour, CAST(window_start AS VARCHAR) AS of, cost
        FROM usage ORDER BY kind`),
    ).toEqual([
      expect.objectContaining({ kind: 'call', hour: '20', of: '2026-01-31 20:00:00' }),
      {
        ...{ id: tardy.id, kind: 'late', dt: '2026-01-31', hour: '21' },
        ...{ of: '2026-01-31 20:00:00', cost: '0.0006' },
      },
    ]);
    const [first, second] = await deployment.statements();
    expect(first?.totals).toMatchObject({ rows: 1, cost_pusd: CALL_COST.toString() });
    expect(first?.adjustments).toEqual({ rows: 0, cost_pusd: '0' });
    expect(second?.adjustments).toEqual({ rows: 1, cost_pusd: CALL_COST.toString() });
    expect(second?.inputs).toMatchObject({ path: null, rows: 0, late: [{ rows: 1 }] });
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('charges apart from the calls of the open window, for its own hour', async () => {
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy);
    await deployment.meter({ nowMs: NOW });
    await deployment.call({ admitted_ms: NEXT });

    await deployment.meter({ nowMs: LATER });

    const charges = await deployment.ask(`SELECT kind, CAST(charge_period_start AS VARCHAR) AS of,
      meter, calls, quantity, amount FROM charges ORDER BY kind, meter`);
    // 100 × 0.000003 and 20 × 0.000015, for either call.
    const one = [
      { meter: 'input', calls: 1, quantity: 100, amount: '0.0003' },
      { meter: 'output', calls: 1, quantity: 20, amount: '0.0003' },
    ];
    expect(charges).toEqual([
      ...one.map((charge) => ({ kind: 'call', of: '2026-01-31 21:00:00', ...charge })),
      ...one.map((charge) => ({ kind: 'late', of: '2026-01-31 20:00:00', ...charge })),
    ]);
  });

  it('settles the reservation that was in suspense', async () => {
    const { id, ...rest } = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    expect((await deployment.store.findReservation(id, 1))?.state).toBe('SUSPENSE');
    arrive({ id, ...rest });

    await deployment.meter({ nowMs: LATER });

    expect((await deployment.store.findReservation(id, 1))?.state).toBe('SETTLED');
  });

  it('changes no byte of what was sealed', async () => {
    await deployment.call();
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    const before = deployment.sealedFiles();
    arrive(tardy);

    await deployment.meter({ nowMs: LATER });

    expect(deployment.sealedFiles()).toMatchObject(before);
    expect(Object.keys(deployment.sealedFiles()).length).toBeGreaterThan(
      Object.keys(before).length,
    );
  });

  it('waits in an archive while no window is open for it, and is taken in once', async () => {
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy);

    await deployment.meter({ nowMs: NOW });
    expect(await rows('kind')).toEqual([]);
    const waiting = Object.keys(deployment.sealedFiles()).filter((path) =>
      path.startsWith('inputs/dt=2026-01-31/hour=20/late/'),
    );
    expect(waiting).toHaveLength(1);

    await deployment.meter({ nowMs: LATER });
    await deployment.meter({ nowMs: LATEST });
    expect(await rows('kind, hour')).toEqual([{ kind: 'late', hour: '21' }]);
    const late = (await deployment.statements()).flatMap(({ inputs }) => inputs.late);
    expect(late.map(({ path }) => path)).toEqual(waiting);
  });

  it('is found for an hour that was empty between sealed ones', async () => {
    await deployment.call();
    await deployment.call({ admitted_ms: HOUR + 2 * HOUR_MS });
    await deployment.meter({ nowMs: LATEST });
    const lost = deployment.event({ admitted_ms: NEXT + 1 });
    await deployment.admit(lost);
    arrive(lost);
    await deployment.meter({ nowMs: LATEST });

    await deployment.meter({ nowMs: LATEST + HOUR_MS });

    expect(await rows(`kind, hour, CAST(window_start AS VARCHAR) AS of`)).toEqual([
      { kind: 'call', hour: '20', of: '2026-01-31 20:00:00' },
      { kind: 'late', hour: '23', of: '2026-01-31 21:00:00' },
      { kind: 'call', hour: '22', of: '2026-01-31 22:00:00' },
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is found for an hour before the ledger’s first window', async () => {
    await deployment.call();
    await deployment.meter({ nowMs: NOW });
    const before = deployment.event({ admitted_ms: HOUR - 1 });
    await deployment.admit(before);
    arrive(before);
    await deployment.meter({ nowMs: NOW });

    await deployment.meter({ nowMs: LATER });

    expect(await rows(`kind, CAST(window_start AS VARCHAR) AS of`)).toEqual([
      { kind: 'late', of: '2026-01-31 19:00:00' },
      { kind: 'call', of: '2026-01-31 20:00:00' },
    ]);
  });

  it('is found in a window of more lines than one question to the log returns', async () => {
    const settings = { logs: { rowLimit: 10, pageRows: 3 } };
    await deployment.calls(40, (n) => ({ admitted_ms: HOUR + n * 7_000 }));
    // All in one second, so that only the ids’ random digits tell them apart.
    await deployment.calls(40, () => ({ admitted_ms: HOUR + HOUR_MS / 2 }));
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW, settings });
    arrive(tardy);

    const { failure } = await deployment.meter({ nowMs: LATER, settings });

    expect(failure).toBeNull();
    expect(
      await deployment.ask('SELECT kind, count(*) AS calls FROM usage GROUP BY 1 ORDER BY 1'),
    ).toEqual([
      { kind: 'call', calls: 80 },
      { kind: 'late', calls: 1 },
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });
});

describe('a late line that is not one', () => {
  it('adds nothing when it is a copy of a sealed one', async () => {
    const event = await deployment.call();
    await deployment.meter({ nowMs: NOW });
    arrive(event);
    arrive(event);

    const { executions } = await deployment.meter({ nowMs: LATER });

    expect(executions.map(({ output }) => (output as { late: number }).late)).toEqual([0]);
    expect(await rows('kind')).toEqual([{ kind: 'call' }]);
    expect(await deployment.statements()).toHaveLength(1);
  });

  it('adds nothing when its row was redone from the reservation', async () => {
    const event = await deployment.admit(deployment.event());
    await deployment.settle(event);
    await deployment.meter({ nowMs: NOW });
    expect(await rows('id, kind')).toEqual([{ id: event.id, kind: 'call' }]);
    arrive(event);

    await deployment.meter({ nowMs: LATER });

    expect(await rows('id, kind')).toEqual([{ id: event.id, kind: 'call' }]);
    expect(await quarantine()).toEqual([]);
  });

  it('adds nothing when it was taken in as late before', async () => {
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy);
    await deployment.meter({ nowMs: LATER });
    arrive(tardy);

    await deployment.meter({ nowMs: LATEST });

    expect(await rows('kind')).toEqual([{ kind: 'late' }]);
    expect(await quarantine()).toEqual([]);
  });

  it('is quarantined when it says otherwise than the sealed row, which stands', async () => {
    const event = await deployment.call();
    await deployment.meter({ nowMs: NOW });
    arrive({ ...event, output: 2_000 });

    await deployment.meter({ nowMs: LATER });

    expect(await rows('kind, output')).toEqual([{ kind: 'call', output: 20 }]);
    expect(await quarantine()).toEqual([
      {
        reason: 'conflict with a sealed row',
        identity: `${event.id}/1`,
        ...{ hour: '21', of: '2026-01-31 20:00:00' },
      },
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is quarantined as a third version of a call whose lines contradict each other', async () => {
    const event = await deployment.call();
    arrive({ ...event, output: 2_000 });
    await deployment.meter({ nowMs: NOW });
    arrive({ ...event, output: 3_000 });

    await deployment.meter({ nowMs: LATER });

    expect(await rows('kind')).toEqual([]);
    expect((await quarantine()).map(({ reason }) => reason)).toEqual([
      ...['conflict', 'conflict', 'conflict with a sealed row'],
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is quarantined with its twin when two late lines contradict each other', async () => {
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy);
    arrive({ ...tardy, output: 2_000 });

    await deployment.meter({ nowMs: LATER });

    expect(await rows('kind')).toEqual([]);
    expect((await quarantine()).map(({ reason }) => reason)).toEqual(['conflict', 'conflict']);
    expect(await deployment.recompute()).toEqual(['same', 'same']);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is quarantined when it contradicts a late row of an earlier round', async () => {
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy);
    await deployment.meter({ nowMs: LATER });
    arrive({ ...tardy, output: 2_000 });

    await deployment.meter({ nowMs: LATEST });

    expect(await rows('kind, output')).toEqual([{ kind: 'late', output: 20 }]);
    expect((await quarantine()).map(({ reason, hour }) => [reason, hour])).toEqual([
      ['conflict with a sealed row', '22'],
    ]);
  });

  it.each([
    ['a wrong MAC', 'wrong mac', (line: string) => line.replace('"output":20', '"output":21')],
    ['an unreadable end', 'no mac', (line: string) => line.slice(0, -1)],
  ])('is quarantined for %s', async (_, reason, spoil) => {
    await deployment.call();
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy, spoil(deployment.line(tardy)));
    arrive(tardy);

    await deployment.meter({ nowMs: LATER });

    expect(await deployment.ask('SELECT kind, output FROM usage ORDER BY kind')).toEqual([
      { kind: 'call', output: 20 },
      { kind: 'late', output: 20 },
    ]);
    expect((await quarantine()).map((row) => row['reason'])).toEqual([reason]);
    expect(await deployment.recompute()).toEqual(['same', 'same']);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('cannot evict a good one that comes a round later, if its MAC is wrong', async () => {
    const tardy = await tardyCall();
    await deployment.meter({ nowMs: NOW });
    arrive(tardy, deployment.line(tardy).replace('"output":20', '"output":21'));
    await deployment.meter({ nowMs: LATER });
    arrive(tardy);

    await deployment.meter({ nowMs: LATEST });

    expect(await rows('kind, output')).toEqual([{ kind: 'late', output: 20 }]);
    expect((await quarantine()).map(({ reason }) => reason)).toEqual(['wrong mac']);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is quarantined when nobody reserved it', async () => {
    await deployment.call();
    await deployment.meter({ nowMs: NOW });
    arrive(deployment.event());

    await deployment.meter({ nowMs: LATER });

    expect(await rows('kind')).toEqual([{ kind: 'call' }]);
    expect((await quarantine()).map(({ reason }) => reason)).toEqual(['no reservation']);
  });
});

describe('late lines round after round', () => {
  it('keep the ledger clean and add up to a fresh run over all lines, per tenant and window', async () => {
    const plan = [
      { tenant: 'tn_a', admitted_ms: HOUR },
      { tenant: 'tn_b', admitted_ms: HOUR + 1 },
      { tenant: 'tn_a', admitted_ms: HOUR + 2, output: 7, cache_read: 11 },
      { tenant: 'tn_b', admitted_ms: HOUR + 3, cache_write_1h: 13 },
      { tenant: 'tn_a', admitted_ms: NEXT },
      { tenant: 'tn_b', admitted_ms: NEXT + 1, input: 1 },
      { tenant: 'tn_a', admitted_ms: NEXT + 2, model: 'house.unknown' },
    ];
    const events = plan.map((differs) => deployment.event(differs));
    // In time, in the first late round, and in the second.
    const round = [0, 1, 2, 1, 0, 2, 2];
    for (const event of events) await deployment.admit(event, { leaseMs: HOUR });
    for (const [now, nowMs] of [LATER, LATEST, LATEST + HOUR_MS].entries()) {
      for (const event of events.filter((_, n) => round[n] === now)) arrive(event);
      await deployment.meter({ nowMs });
      await deployment.meter({ nowMs });
      expect((await deployment.verify()).verdict).toBe('ok');
    }
    expect((await deployment.statements()).map(({ window }) => window.start)).toEqual([
      WINDOW,
      NEXT_WINDOW,
      '2026-01-31T22:00:00.000Z',
      '2026-01-31T23:00:00.000Z',
    ]);
    expect(await deployment.recompute()).toEqual(['same', 'same', 'same', 'same']);

    const fresh = await createDeployment();
    try {
      for (const event of events) {
        await fresh.admit(event);
        fresh.log(fresh.line(event), event.settled_ms);
      }
      await fresh.meter({ nowMs: LATER });
      const sums = `SELECT tenant, CAST(window_start AS VARCHAR) AS of, count(*) AS calls,
        sum(input) AS input, sum(cache_read) AS cache_read, sum(cache_write_1h) AS cache_write_1h,
        sum(output) AS output, sum(cost) AS cost, count(cost) AS priced
        FROM usage GROUP BY 1, 2 ORDER BY 1, 2`;
      expect(await deployment.ask(sums)).toEqual(await fresh.ask(sums));
      const charged = `SELECT tenant, CAST(charge_period_start AS VARCHAR) AS of, meter,
        sum(quantity) AS quantity, sum(amount) AS amount FROM charges GROUP BY 1, 2, 3 ORDER BY 1, 2, 3`;
      expect(await deployment.ask(charged)).toEqual(await fresh.ask(charged));
    } finally {
      fresh.remove();
    }
  });
});
