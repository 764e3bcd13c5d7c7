import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { appendFileSync, existsSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS, MINUTE_MS, formatInstant } from '../../domain/instant.ts';
import type { Summary } from '../../handlers/metering/summarise.ts';
import type { MeteringPorts } from '../../runtime/local/metering-ports.ts';
import { CALL_COST, HOUR, NEXT_WINDOW, NOW, WINDOW, createDeployment } from './deployment.ts';
import { failureOf } from './deployment.ts';
import type { Deployment } from './deployment.ts';

let deployment: Deployment;
beforeEach(async () => {
  deployment = await createDeployment();
});
afterEach(() => {
  deployment.remove();
});

const manifest = (seq: number) =>
  join(deployment.folder.lake, 'manifests', `${String(seq).padStart(12, '0')}.dsse.json`);

/** Starts of the sealed windows, oldest first. */
const sealed = async () => (await deployment.statements()).map(({ window }) => window.start);

/** A call in the window `hours` after the first. */
const callAt = (hours: number) => deployment.call({ admitted_ms: HOUR + hours * HOUR_MS });

/** A call of the window `hours` after the first that nobody has heard of since it began. */
function openCallAt(hours: number, nowMs: number) {
  const event = deployment.event({ admitted_ms: HOUR + hours * HOUR_MS });
  return deployment.admit(event, { leaseMs: nowMs + 1 });
}

describe('which hours are sealed', () => {
  it('leaves a window alone until its grace is over, to the millisecond', async () => {
    await callAt(0);
    const graceEnds = HOUR + HOUR_MS + 15 * MINUTE_MS;

    expect((await deployment.meter({ nowMs: graceEnds - 1 })).failure).toBeNull();
    expect(existsSync(manifest(0))).toBe(false);
    await deployment.meter({ nowMs: graceEnds });
    expect(await sealed()).toEqual([WINDOW]);
  });

  it('seals nothing where nothing was ever called, and writes no checkpoint', async () => {
    const { executions, failure } = await deployment.meter();

    expect(failure).toBeNull();
    expect(executions.map(({ output }) => output)).toEqual([
      {
        ...{ planned: 0, more: false, suspended: 0, late: 0, manifests: 0, checkpoint: null },
        ...{ unpriced: 0, quarantined: 0, suspense: 0, suspenseHours: 0 },
      },
    ]);
  });

  it('states empty hours in the next manifest instead of sealing each', async () => {
    await callAt(0);
    await callAt(3);

    await deployment.meter({ nowMs: HOUR + 9 * HOUR_MS });

    const windows = (await deployment.statements()).map(({ window }) => window);
    expect(windows).toEqual([
      { start: WINDOW, end: NEXT_WINDOW, revision: 0, empty_from: null },
      {
        start: formatInstant(HOUR + 3 * HOUR_MS),
        end: formatInstant(HOUR + 4 * HOUR_MS),
        revision: 0,
        empty_from: NEXT_WINDOW,
      },
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('seals an hour that holds only a reservation, with no row in it', async () => {
    await deployment.admit(deployment.event(), { state: 'VOID' });

    await deployment.meter();

    expect(await sealed()).toEqual([WINDOW]);
    expect((await deployment.statements())[0]).toMatchObject({ files: [], totals: { rows: 0 } });
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('does in several executions what one cannot hold, and nothing that is not over at --now', async () => {
    // 171 hours in a row; the last one's grace ends a second after `nowMs`.
    const hours = 171;
    const first = HOUR - (hours - 1) * HOUR_MS;
    for (let n = 0; n < hours; n += 1) {
      const event = deployment.event({ admitted_ms: first + n * HOUR_MS });
      await deployment.admit(event, { state: 'VOID' });
    }
    const nowMs = HOUR + HOUR_MS + 15 * MINUTE_MS - 1000;

    const { executions, failure } = await deployment.meter({ nowMs });

    expect(failure).toBeNull();
    const outputs = executions.map(({ output }) => output as Summary);
    expect(outputs.map(({ planned, more }) => ({ planned, more }))).toEqual([
      { planned: 168, more: true },
      { planned: 2, more: false },
    ]);
    const starts = await sealed();
    expect([starts.length, starts[0]]).toEqual([170, formatInstant(first)]);
    expect(starts.at(-1)).toBe(formatInstant(HOUR - HOUR_MS));
  });
});

describe('a window that does not tie', () => {
  const nowMs = HOUR + 3 * HOUR_MS + 30 * MINUTE_MS;

  it('stops the sealing there: earlier windows are sealed, it and later ones are not', async () => {
    await callAt(0);
    await openCallAt(1, nowMs);
    await callAt(2);

    const result = await deployment.meter({ nowMs });

    expect(await sealed()).toEqual([WINDOW]);
    expect(failureOf(result)).toBe(
      `WindowDoesNotTie: window ${NEXT_WINDOW}: C1.open: reservations still open: 0 against 1`,
    );
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('is tried again by the next run and sealed once it ties', async () => {
    await callAt(0);
    const open = await openCallAt(1, nowMs);
    await callAt(2);
    await deployment.meter({ nowMs });
    deployment.log(deployment.line(open), open.settled_ms);
    await deployment.settle(open);

    expect((await deployment.meter({ nowMs })).failure).toBeNull();
    expect(await sealed()).toEqual([WINDOW, NEXT_WINDOW, formatInstant(HOUR + 2 * HOUR_MS)]);
    expect(await deployment.ask('SELECT count(*) AS calls, sum(cost) AS cost FROM usage')).toEqual([
      { calls: 3, cost: '0.0018' },
    ]);
  });

  it('is sealed by force with its break, the reason and the name in the ledger', async () => {
    await openCallAt(0, nowMs);
    await callAt(0);
    await callAt(1);
    const force = { window: WINDOW, reason: 'gateway lost, see incident 7', by: 'A. Auditor' };

    const result = await deployment.meter({ nowMs, force });

    expect(failureOf(result)).toBe('');
    const [forced, plain] = await deployment.manifests();
    expect([forced?.kind, plain?.kind]).toEqual(['force', 'window']);
    expect(forced?.evidence.forced).toEqual({ reason: force.reason, by: force.by });
    const broken = forced?.statement.controls.filter(({ ok }) => !ok);
    expect(broken).toEqual([
      { id: 'C1.open: reservations still open', left: '0', right: '1', ok: false },
    ]);
    expect(plain?.evidence.forced).toBeNull();
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('says nothing of force when a forced window ties after all', async () => {
    await callAt(0);
    const force = { window: WINDOW, reason: 'haste', by: 'A. Auditor' };

    await deployment.meter({ force });

    const [only] = await deployment.manifests();
    expect([only?.kind, only?.evidence.forced]).toEqual(['window', null]);
  });

  it('takes the line of a call that was open when it was forced as a late row', async () => {
    const open = await openCallAt(0, nowMs);
    const force = { window: WINDOW, reason: 'no answer for an hour', by: 'A. Auditor' };
    await deployment.meter({ force, nowMs: NOW });
    deployment.log(deployment.line(open), open.settled_ms);
    await deployment.settle(open);
    await callAt(1);

    await deployment.meter({ nowMs });
    await deployment.meter({ nowMs: nowMs + HOUR_MS });

    expect(
      await deployment.ask(`SELECT kind, hour, CAST(window_start AS VARCHAR) AS of, cost
        FROM usage ORDER BY kind DESC`),
    ).toEqual([
      { kind: 'late', hour: '22', of: '2026-01-31 20:00:00', cost: '0.0006' },
      { kind: 'call', hour: '21', of: '2026-01-31 21:00:00', cost: '0.0006' },
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });
});

describe('the seal', () => {
  it.each(['usage', 'charges', 'tenant_totals'])(
    'refuses a run whose %s file was altered after the audit',
    async (table) => {
      await callAt(0);
      const path = (await pathsOf(table))[0]!;
      // A byte more, as by a disk that tore; what is in front of it is as it was.
      const execution = await deployment.run({
        steps: (steps) => ({
          SealWindow: (input) => {
            appendFileSync(join(deployment.folder.lake, path), '\n');
            return steps.SealWindow(input);
          },
        }),
      });

      expect([execution.status, execution.error]).toEqual(['FAILED', 'SealRefused']);
      expect(execution.cause).toBe(`file ${path}: its bytes are not those that were written`);
      expect(existsSync(manifest(0))).toBe(false);
    },
  );

  /** Paths that a first try, stopped before its seal, has written for a table. */
  async function pathsOf(table: string): Promise<string[]> {
    await deployment.run({
      steps: () => ({ SealWindow: () => Promise.reject(new Error('stopped here')) }),
    });
    return Object.keys(deployment.sealedFiles()).filter((path) =>
      path.startsWith(`data/${table}/`),
    );
  }

  it('refuses a window whose audit found a difference, whatever the workflow says', async () => {
    await openCallAt(0, NOW);

    const execution = await deployment.run({
      steps: (steps) => ({
        AuditWindow: async (input) => ({
          ...((await steps.AuditWindow(input)) as object),
          ties: true,
        }),
      }),
    });

    expect([execution.error, execution.cause]).toEqual([
      'SealRefused',
      `window ${WINDOW}: does not tie`,
    ]);
  });
});

describe('two runs that seal the same window', () => {
  it('make one manifest when they saw the same lines: the slower one has nothing to do', async () => {
    await callAt(0);
    let before = {};

    const slow = await deployment.run({
      steps: (steps) => ({
        SealWindow: async (input) => {
          await deployment.meter();
          before = deployment.sealedFiles();
          return steps.SealWindow(input);
        },
      }),
    });

    expect(slow.status).toBe('SUCCEEDED');
    expect(deployment.sealedFiles()).toEqual(before);
    expect(await sealed()).toEqual([WINDOW]);
  });

  it('leave the faster one’s alone when a line came in between; the slower one fails', async () => {
    await callAt(0);
    let before = {};

    const slow = await deployment.run({
      steps: (steps) => ({
        SealWindow: async (input) => {
          await callAt(0);
          await deployment.meter();
          before = deployment.sealedFiles();
          return steps.SealWindow(input);
        },
      }),
    });

    expect([slow.status, slow.error, slow.cause]).toEqual([
      'FAILED',
      'SealRefused',
      `window ${WINDOW}: sealed already, from other inputs`,
    ]);
    expect(deployment.sealedFiles()).toEqual(before);
    expect((await deployment.statements()).map(({ totals }) => totals.cost_pusd)).toEqual([
      (2n * CALL_COST).toString(),
    ]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  /** Lets another run win between the look at the ledger and the conditional put. */
  const overtaken = (objects: MeteringPorts['objects'], before: () => Promise<unknown>) => ({
    ...objects,
    putOnce: async (key: string, bytes: Uint8Array) => {
      if (key.startsWith('manifests/')) await before();
      return objects.putOnce(key, bytes);
    },
  });

  it('make one manifest even if both saw an empty ledger', async () => {
    await callAt(0);

    const slow = await deployment.run({
      ports: ({ objects }) => ({ objects: overtaken(objects, () => deployment.meter()) }),
    });

    expect(slow.status).toBe('SUCCEEDED');
    expect(await sealed()).toEqual([WINDOW]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('never make two of one number: the put is conditional', async () => {
    await callAt(0);

    const slow = await deployment.run({
      ports: ({ objects }) => ({
        objects: overtaken(objects, async () => {
          await callAt(0);
          await deployment.meter();
        }),
      }),
    });

    expect([slow.error, slow.cause]).toEqual([
      'SealRefused',
      `manifest 0: another run sealed ${WINDOW} first`,
    ]);
    expect(await sealed()).toEqual([WINDOW]);
    expect((await deployment.verify()).verdict).toBe('ok');
  });

  it('refuse to seal where the ledger does not go on from', async () => {
    await callAt(0);
    await callAt(1);
    const nowMs = HOUR + 3 * HOUR_MS;

    const { error, cause } = await deployment.run({
      nowMs,
      steps: (steps) => ({
        SealWindow: async (input) =>
          (input as { start: string }).start === NEXT_WINDOW
            ? steps.SealWindow({ ...(input as object), emptyFrom: WINDOW })
            : steps.SealWindow(input),
      }),
    });

    expect([error, cause]).toEqual([
      'SealRefused',
      `window ${NEXT_WINDOW}: the ledger ends at ${NEXT_WINDOW}, expected ${WINDOW}`,
    ]);
    expect(await sealed()).toEqual([WINDOW]);
  });
});
