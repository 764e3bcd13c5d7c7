import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { HOUR, NOW, WINDOW, createDeployment, failureOf } from './deployment.ts';
import type { Deployment } from './deployment.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment();
});
afterEach(() => {
  deployment.remove();
});

const quarantine = () =>
  deployment.ask(`SELECT reason, identity, CAST(line_bytes AS BIGINT) AS bytes,
    line_sha256 FROM quarantine ORDER BY reason, identity`);

const reasons = async () => (await quarantine()).map(({ reason }) => reason);

/** Sealed rows: how many, and what they cost. */
const billed = async () =>
  (await deployment.ask('SELECT count(*) AS calls, sum(cost) AS cost FROM usage'))[0];

/** Asserts that the window was sealed, that every total ties, and that others can verify it. */
async function expectTied(): Promise<void> {
  const [first] = await deployment.manifests();
  expect(first?.kind).toBe('window');
  expect(first?.statement.controls.filter(({ ok }) => !ok)).toEqual([]);
  expect((await deployment.verify()).verdict).toBe('ok');
}

/** And that the same bytes come out of its archive again. */
async function expectSealed(): Promise<void> {
  await expectTied();
  expect(await deployment.recompute()).toEqual(['same']);
}

/** A line whose fields were changed and that was signed again, as only a gateway of ours can. */
function resigned(event: UsageEvent, differs: Readonly<Record<string, unknown>>): string {
  const { mac: _, ...fields } = JSON.parse(deployment.line(event)) as Record<string, unknown>;
  return deployment.sign(JSON.stringify({ ...fields, ...differs }).slice(0, -1));
}

type Spoil = (event: UsageEvent) => string;

/** Reason → a line that ends in quarantine for it, made from a call that was admitted. */
const BAD_LINES: readonly (readonly [string, string, Spoil])[] = [
  ['text that is no JSON', 'no mac', () => '"tollbook":"usage/1" garbage {{{'],
  ['a line that was torn', 'no mac', (event) => deployment.line(event).slice(0, 400)],
  ['a line of 900 bytes', 'oversized', (event) => deployment.line(event).padEnd(900, ' ')],
  ['a line of a megabyte', 'oversized', (event) => deployment.line(event).padEnd(2 ** 20, 'x')],
  [
    'JSON nested ten thousand deep',
    'oversized',
    ({ id }) => `{"tollbook":"usage/1","id":"${id}","x":${'['.repeat(1e4)}${']'.repeat(1e4)}}`,
  ],
  [
    'JSON nested deep under a right MAC',
    'not JSON',
    (event) =>
      deployment.sign(
        `{"tollbook":"usage/1","id":"${event.id}","attempt":1,"x":${'['.repeat(600)}`,
      ),
  ],
  [
    'a changed figure',
    'wrong mac',
    (event) => deployment.line(event).replace('"output":20', '"output":2'),
  ],
  [
    'another key’s MAC',
    'wrong mac',
    (event) => deployment.line(event).replace(/"mac":"..../, '"mac":"AAAA'),
  ],
  [
    'a MAC of another line',
    'wrong mac',
    (event) => {
      const other = deployment.line(deployment.event());
      return deployment.line(event).slice(0, -45) + other.slice(-45);
    },
  ],
  ['a version of tomorrow', 'unknown version', (event) => resigned(event, { tollbook: 'usage/2' })],
  ['an id of another form', 'no identity', (event) => resigned(event, { id: 'not-a-uuid' })],
  ['an attempt of three digits', 'no identity', (event) => resigned(event, { attempt: 100 })],
  [
    'terminal escapes in a name',
    'field tenant',
    (event) => resigned(event, { tenant: '\u001b[2Jroot' }),
  ],
  [
    'a formula and a quote in a name',
    'field project',
    (event) => resigned(event, { project: '="; DROP TABLE usage' }),
  ],
  ['negative tokens', 'field input', (event) => resigned(event, { input: -1 })],
  ['fractional tokens', 'field output', (event) => resigned(event, { output: 20.5 })],
  ['tokens as text', 'field input', (event) => resigned(event, { input: '100' })],
  [
    'more tokens than there are',
    'field cache_read',
    (event) => resigned(event, { cache_read: 999_999_999_999 }),
  ],
  ['no tokens at all', 'field input', (event) => resigned(event, { input: null })],
  [
    'an admission that its id contradicts',
    'id and admitted_ms differ',
    (event) => resigned(event, { admitted_ms: event.admitted_ms + 1 }),
  ],
  [
    'a field that nobody knows',
    'unknown or missing fields',
    (event) => resigned(event, { tip: 1 }),
  ],
  [
    'a prototype in place of a field',
    'unknown or missing fields',
    (event) => resigned(event, { ['__proto__x']: 1 }),
  ],
  ['money of seven figures', 'field reserved', (event) => resigned(event, { reserved: '1000000' })],
];

describe('a line that cannot be used', () => {
  it.each(BAD_LINES)(
    'goes into quarantine for its reason and leaves the rest alone: %s',
    async (_, reason, spoil) => {
      await deployment.call();
      const event = deployment.event();
      const text = spoil(event);
      if (/^field|fields$|differ$|JSON/.test(reason)) {
        // Its MAC and its identity are right: the gateway itself has settled it so.
        await deployment.admit(event);
        await deployment.settle(event, text);
      }
      deployment.log(text);

      const result = await deployment.meter();

      expect(failureOf(result)).toBe('');
      expect(await reasons()).toEqual([reason]);
      expect((await quarantine())[0]?.['bytes']).toBe(Buffer.byteLength(text));
      expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
      await expectTied();
    },
  );

  it('leaves an archive from which the rest is made again, though its own MAC is right', async () => {
    await deployment.call();
    const settled = BAD_LINES.filter(([, reason]) => reason.startsWith('field')).slice(0, 7);
    for (const [, , spoil] of settled) {
      const event = await deployment.admit(deployment.event());
      const text = spoil(event);
      await deployment.settle(event, text);
      deployment.log(text);
    }

    await deployment.meter();

    expect(await reasons()).toEqual(settled.map(([, reason]) => reason).sort());
    await expectSealed();
  });

  it('is kept as a digest and a length, never with a word of its content', async () => {
    await deployment.call();
    deployment.log('{"tollbook":"usage/1","prompt":"my secret is canary-4711"}');

    await deployment.meter();

    const [first] = await deployment.statements();
    const bytes = await deployment.objects.get(first!.quarantine!.path);
    expect(Buffer.from(bytes).includes('canary')).toBe(false);
    expect(await quarantine()).toEqual([
      {
        ...{ reason: 'no mac', identity: null, bytes: 58 },
        // printf '%s' '{"tollbook":"usage/1","prompt":"my secret is canary-4711"}' | sha256sum
        line_sha256: '8ef2d22cb3254e064ee5b9c8d92935a0c8d888bb157fc2a32cde996ec6758eb3',
      },
    ]);
  });

  it('does not take the good line of the same call with it when its MAC is wrong', async () => {
    const event = await deployment.call();
    const line = deployment.line(event);
    for (const forged of ['"output":0', '"output":999']) {
      deployment.log(line.replace('"output":20', forged));
    }

    await deployment.meter();

    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    expect(await reasons()).toEqual(['wrong mac', 'wrong mac']);
    await expectSealed();
  });

  it('cannot claim another year to open a window there', async () => {
    await deployment.call();
    deployment.log(
      deployment.line(deployment.event({ admitted_ms: Date.UTC(2031, 0, 1) })),
      HOUR + 5,
    );

    await deployment.meter();

    expect((await deployment.statements()).map(({ window }) => window.start)).toEqual([WINDOW]);
    expect(await reasons()).toEqual(['admitted in another window']);
    await expectSealed();
  });
});

describe('lines that are none of ours', () => {
  it('are counted and otherwise ignored', async () => {
    await deployment.call();
    for (const text of ['START RequestId: 8f5e', '{"level":"info"}', '\u0000\u0001']) {
      deployment.log(text);
    }

    await deployment.meter();

    const [first] = await deployment.statements();
    expect(first?.quarantine).toBeNull();
    expect(first?.controls).toContainEqual({
      ...{ id: 'foreign lines', left: '3', right: '3', ok: true },
    });
    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    await expectSealed();
  });

  it('are lines that a line feed inside has cut apart: a half under the marker has no MAC', async () => {
    const event = await deployment.call();
    deployment.log(deployment.line(event).replace('"tenant":"', '"tenant":"\n'));

    await deployment.meter();

    expect(await reasons()).toEqual(['no mac']);
    expect((await deployment.statements())[0]?.controls).toContainEqual(
      expect.objectContaining({ id: 'foreign lines', left: '1' }),
    );
    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    await expectSealed();
  });
});

describe('lines of one call', () => {
  it('count once when they are copies, and are counted', async () => {
    const event = await deployment.call();
    deployment.log(deployment.line(event));
    deployment.log(deployment.line(event));

    await deployment.meter();

    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    expect((await deployment.statements())[0]?.inputs).toMatchObject({ rows: 1, duplicates: 2 });
    expect(await quarantine()).toEqual([]);
    await expectSealed();
  });

  it('are all put into quarantine when they differ, and never billed', async () => {
    await deployment.call();
    const event = await deployment.call();
    deployment.log(deployment.line({ ...event, output: 21 }));
    deployment.log(deployment.line(event));

    await deployment.meter();

    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    const identity = `${event.id}/1`;
    expect(await quarantine()).toEqual(
      Array.from({ length: 3 }, () => expect.objectContaining({ reason: 'conflict', identity })),
    );
    await expectSealed();
  });

  it('are two calls when their attempts differ', async () => {
    const event = await deployment.call();
    await deployment.call({ ...event, attempt: 2 });

    await deployment.meter();

    expect(await billed()).toEqual({ calls: 2, cost: '0.0012' });
    await expectSealed();
  });
});

describe('a model without a price', () => {
  it('keeps its tokens, waits for its charge and says why', async () => {
    await deployment.call({ model: 'house.unknown', model_requested: 'house.unknown' });
    await deployment.call();

    await deployment.meter();

    expect(
      await deployment.ask('SELECT model, input, cost, unpriced_reason FROM usage ORDER BY model'),
    ).toEqual([
      { model: 'house.model-1', input: 100, cost: '0.0006', unpriced_reason: null },
      {
        ...{ model: 'house.unknown', input: 100, cost: null },
        unpriced_reason: 'no price for meter input',
      },
    ]);
    const [first] = await deployment.statements();
    expect(first?.totals).toMatchObject({ rows: 2, input: '200', cost_pusd: '600000000' });
    expect(first?.controls).toContainEqual({
      ...{ id: 'C4.unpriced: priced = read back', left: '1', right: '1', ok: true },
    });
    await expectSealed();
  });

  it('is not free when only one of its meters has none', async () => {
    await deployment.call({ other: { image: 1 } });

    await deployment.meter();

    expect(await deployment.ask('SELECT cost, other, unpriced_reason FROM usage')).toEqual([
      { cost: null, other: '{"image":1}', unpriced_reason: 'no price for meter image' },
    ]);
    expect(await deployment.ask('SELECT * FROM charges')).toEqual([]);
    await expectSealed();
  });
});

describe('a reservation without a line', () => {
  it('is billed from the line that it kept, if it is settled', async () => {
    const event = await deployment.admit(deployment.event());
    await deployment.settle(event);

    await deployment.meter();

    expect(await deployment.ask('SELECT id, kind, cost FROM usage')).toEqual([
      { id: event.id, kind: 'call', cost: '0.0006' },
    ]);
    await expectSealed();
  });

  it('stops the seal if it is settled and has kept nothing that can be believed', async () => {
    const event = await deployment.admit(deployment.event());
    await deployment.settle(event, deployment.line(event).replace('"output":20', '"output":0'));

    expect(failureOf(await deployment.meter())).toMatch(
      /^WindowDoesNotTie: .*C1.lost: settled reservations without a line: 0 against 1/,
    );
  });

  it('is held in suspense once its lease is over: counted, not billed', async () => {
    await deployment.call();
    await deployment.admit(deployment.event(), { leaseMs: NOW - 1 });

    const { executions } = await deployment.meter();

    expect(executions[0]?.output).toMatchObject({ suspended: 1 });
    expect((await deployment.statements())[0]?.controls).toContainEqual({
      ...{ id: 'suspense: reservations of unknown outcome', left: '1', right: '1', ok: true },
    });
    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    await expectSealed();
  });

  it('keeps its window open while its call may still be running', async () => {
    await deployment.admit(deployment.event(), { leaseMs: NOW });

    expect(failureOf(await deployment.meter())).toBe(
      `WindowDoesNotTie: window ${WINDOW}: C1.open: reservations still open: 0 against 1`,
    );
  });

  it('is nothing if it is void', async () => {
    await deployment.call();
    await deployment.admit(deployment.event(), { state: 'VOID' });

    await deployment.meter();

    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    await expectSealed();
  });
});

describe('a line whose reservation', () => {
  it('does not exist is quarantined', async () => {
    await deployment.call();
    deployment.log(deployment.line(deployment.event()));

    await deployment.meter();

    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    expect(await reasons()).toEqual(['no reservation']);
    await expectSealed();
  });

  it('is void is quarantined', async () => {
    const event = await deployment.admit(deployment.event(), { state: 'VOID' });
    deployment.log(deployment.line(event));

    await deployment.meter();

    expect(await reasons()).toEqual(['no reservation']);
    await expectSealed();
  });

  it.each([
    ['is still pending', NOW + 1],
    ['is in suspense', HOUR],
  ])('%s, because the settlement was lost, settles it and is billed', async (_, leaseMs) => {
    const event = await deployment.admit(deployment.event(), { leaseMs });
    deployment.log(deployment.line(event));

    await deployment.meter();

    expect((await deployment.store.findReservation(event.id, 1))?.state).toBe('SETTLED');
    expect(await deployment.store.settledLine(event.id, 1)).toBe(deployment.line(event));
    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    await expectSealed();
  });

  it('is pending and its lines contradict each other is neither billed nor settled', async () => {
    await deployment.call();
    const event = await deployment.admit(deployment.event(), { leaseMs: NOW + 1 });
    deployment.log(deployment.line(event));
    deployment.log(deployment.line({ ...event, output: 1 }));

    await deployment.meter();

    expect((await deployment.store.findReservation(event.id, 1))?.state).toBe('PENDING');
    expect(await billed()).toEqual({ calls: 1, cost: '0.0006' });
    expect(await reasons()).toEqual(['conflict', 'conflict']);
    await expectSealed();
  });
});

describe('how much may be in quarantine', () => {
  const garbage = (count: number) => {
    for (let n = 0; n < count; n += 1) deployment.log(`"tollbook":"usage/1" garbage ${n}`);
  };

  it('is ten lines, whatever share of a window they are', async () => {
    await deployment.call();
    garbage(10);

    await deployment.meter();

    expect(await reasons()).toHaveLength(10);
    await expectSealed();
  });

  it('is not eleven: the seal stops and says how many', async () => {
    await deployment.call();
    garbage(11);

    expect(failureOf(await deployment.meter())).toBe(
      `WindowDoesNotTie: window ${WINDOW}: quarantined lines at most 1 % or ten: 11 against 10`,
    );
    expect(await deployment.manifests()).toEqual([]);
  });

  it('is more than ten in a window of which they are at most one in a hundred', async () => {
    // 1,089 + 11 lines: one hundredth of them is 11.
    await deployment.calls(1089);
    garbage(11);
    await deployment.meter();
    expect((await deployment.statements())[0]?.controls).toContainEqual({
      ...{ id: 'quarantined lines at most 1 % or ten', left: '11', right: '11', ok: true },
    });
    await expectSealed();
  });
});
