import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import type { EventId } from '../../domain/event-id.ts';
import { HOUR_MS } from '../../domain/instant.ts';
import type { Used } from '../../domain/limits.ts';
import type { ReservedAttempt } from '../../domain/match-reservations.ts';
import { parseUsd } from '../../domain/money.ts';
import { windowOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';
import { ReservationExists } from '../../handlers/ports.ts';
import type { ApiKeyRecord, AuditEntry, Reservation, Store } from '../../handlers/ports.ts';
import { NOON_MS, idAt } from '../domain/usage-events.ts';

export interface StoreWorld {
  readonly store: Store;
  close(): void | Promise<void>;
}

/** A pending reservation of a dollar at noon, but for what is said. */
export function reservation(differs: Partial<Reservation> = {}): Reservation {
  return {
    ...{ id: idAt(NOON_MS), attempt: 1, tenant: 't_a', state: 'PENDING' },
    ...{ reserved: parseUsd('1'), leaseMs: NOON_MS + 1000 },
    ...differs,
  };
}

/** All reservations of a window, in the order in which they come. */
export async function allOf(store: Store, window: Window): Promise<ReservedAttempt[]> {
  const all: ReservedAttempt[] = [];
  for await (const batch of store.reservations(window)) all.push(...batch);
  return all;
}

const NOON = { id: idAt(NOON_MS), attempt: 1 };
const STATES = ['PENDING', 'SETTLED', 'VOID', 'SUSPENSE'] as const;

const key: ApiKeyRecord = {
  ...{ keyId: 'abcdefghij01', tenant: 't_a', costCenter: 'retail', project: 'search' },
  ...{ secretMac: 'f'.repeat(64), expiresMs: NOON_MS, revokedMs: null, teams: ['t_b'] },
};

/** A call that held nothing gives nothing back. */
export const NOTHING_USED: Used = { cost: 0n, tokens: 0n };
const AUDITED: AuditEntry = {
  ...{ atMs: NOON_MS, actor: 'test', action: 'key.create', subject: 't_a', json: '{}' },
};

/** The port `Store`: the record of what was accepted. */
export function describeStore(name: string, open: () => StoreWorld | Promise<StoreWorld>): void {
  describe(`a store: ${name}`, () => {
    let world: StoreWorld;
    let store: Store;
    beforeEach(async () => {
      world = await open();
      ({ store } = world);
    });
    afterEach(async () => {
      await world.close();
    });

    const stateOf = async (id: EventId = NOON.id, attempt = 1) =>
      (await store.findReservation(id, attempt))?.state;

    describe('of reservations', () => {
      it('keeps one as it was made', async () => {
        const made = reservation();

        await store.reserve(made);

        expect(await store.findReservation(made.id, 1)).toEqual(made);
        expect(await store.findReservation(made.id, 2)).toBeUndefined();
        expect(await store.findReservation(idAt(NOON_MS, 1), 1)).toBeUndefined();
      });

      it.each([
        '0',
        '0.000000000001',
        '9223372.036854775807',
        '9223372.036854775808',
        '999999.999999999999',
      ])('holds %s USD exactly, past what 64 bits of pico-USD can', async (usd) => {
        await store.reserve(reservation({ reserved: parseUsd(usd) }));

        expect((await store.findReservation(NOON.id, 1))?.reserved).toBe(parseUsd(usd));
      });

      it('tells nothing held from nothing known', async () => {
        await store.reserve(reservation({ reserved: null }));
        await store.reserve(reservation({ attempt: 2, reserved: parseUsd('0') }));

        expect((await store.findReservation(NOON.id, 1))?.reserved).toBeNull();
        expect((await store.findReservation(NOON.id, 2))?.reserved).toBe(0n);
      });

      it('refuses a second one for an identity, and keeps the first', async () => {
        await store.reserve(reservation());

        await expect(store.reserve(reservation({ tenant: 't_b' }))).rejects.toThrow(
          ReservationExists,
        );
        expect((await store.findReservation(NOON.id, 1))?.tenant).toBe('t_a');
      });

      it('lets one of many rivals for an identity win, and spoils nothing beside them', async () => {
        const rivals = Array.from({ length: 20 }, (_, n) => reservation({ tenant: `t_${n}` }));
        const beside = reservation({ attempt: 2 });

        const ends = await Promise.allSettled([...rivals, beside].map((one) => store.reserve(one)));

        expect(ends.filter(({ status }) => status === 'fulfilled')).toHaveLength(2);
        expect(await store.findReservation(NOON.id, 2)).toEqual(beside);
      });
    });

    describe('settling', () => {
      it('keeps the line from which a lost one can be redone', async () => {
        await store.reserve(reservation());

        expect(await store.settle(NOON, 'line "é"', NOTHING_USED)).toBe(true);
        expect(await stateOf()).toBe('SETTLED');
        expect(await store.settledLine(NOON.id, 1)).toBe('line "é"');
      });

      it('happens once: what comes later changes nothing', async () => {
        await store.reserve(reservation());
        await store.settle(NOON, 'first', NOTHING_USED);

        expect(await store.settle(NOON, 'second', NOTHING_USED)).toBe(false);
        expect(await store.settledLine(NOON.id, 1)).toBe('first');
      });

      it('happens once among twenty at once', async () => {
        await store.reserve(reservation());

        const ends = await Promise.all(
          Array.from({ length: 20 }, (_, n) => store.settle(NOON, `line ${n}`, NOTHING_USED)),
        );

        expect(ends.filter(Boolean)).toHaveLength(1);
        expect(await store.settledLine(NOON.id, 1)).toBe(`line ${ends.indexOf(true)}`);
      });

      it.each(STATES)('of a reservation in state %s ends as it must', async (state) => {
        await store.reserve(reservation({ state }));
        const mayChange = state === 'PENDING' || state === 'SUSPENSE';

        expect(await store.settle(NOON, 'line', NOTHING_USED)).toBe(mayChange);
        expect(await stateOf()).toBe(mayChange ? 'SETTLED' : state);
        expect(await store.settledLine(NOON.id, 1)).toBe(mayChange ? 'line' : undefined);
      });

      it('of what nobody reserved does nothing', async () => {
        expect(await store.settle(NOON, 'line', NOTHING_USED)).toBe(false);
        expect(await stateOf()).toBeUndefined();
        expect(await store.settledLine(NOON.id, 1)).toBeUndefined();
      });

      it('of one attempt leaves the other as it is', async () => {
        await store.reserve(reservation());
        await store.reserve(reservation({ attempt: 2 }));

        await store.settle({ ...NOON, attempt: 2 }, 'line', NOTHING_USED);

        expect(await stateOf(NOON.id, 1)).toBe('PENDING');
      });
    });

    describe('sweeping', () => {
      it('moves what is pending past its lease to suspense, and says how many', async () => {
        const leases = [-1, 0, 1].map((offMs) => NOON_MS + offMs);
        for (const [at, leaseMs] of leases.entries()) {
          await store.reserve(reservation({ attempt: at + 1, leaseMs }));
        }

        expect(await store.sweep(NOON_MS)).toBe(1);
        const states = await Promise.all([1, 2, 3].map((attempt) => stateOf(NOON.id, attempt)));
        // The lease includes its last instant.
        expect(states).toEqual(['SUSPENSE', 'PENDING', 'PENDING']);
        expect(await store.sweep(NOON_MS)).toBe(0);
      });

      it.each(['SETTLED', 'VOID', 'SUSPENSE'] as const)('leaves %s alone', async (state) => {
        await store.reserve(reservation({ state, leaseMs: 0 }));

        expect(await store.sweep(NOON_MS)).toBe(0);
        expect(await stateOf()).toBe(state);
      });
    });

    describe('the oldest call of unknown outcome', () => {
      const leaseMs = NOON_MS;
      const [early, late] = [idAt(NOON_MS - 26 * 3_600_000), idAt(NOON_MS - 3_600_000)];
      const nowMs = NOON_MS + 1;

      it('is none where nothing was swept', async () => {
        await store.reserve(reservation({ id: late, leaseMs: nowMs + 1 }));
        await store.sweep(nowMs);

        expect(await store.suspendedSince(nowMs)).toBeUndefined();
      });

      it('is the one that was admitted first, however they were swept', async () => {
        await store.reserve(reservation({ id: late, leaseMs }));
        await store.sweep(nowMs);
        expect(await store.suspendedSince(nowMs)).toBe(NOON_MS - 3_600_000);

        await store.reserve(reservation({ id: early, leaseMs }));
        await store.sweep(nowMs);
        expect(await store.suspendedSince(nowMs)).toBe(NOON_MS - 26 * 3_600_000);
      });

      it('is the next one when it is cleared up, at once and long after', async () => {
        for (const id of [early, late]) await store.reserve(reservation({ id, leaseMs }));
        await store.sweep(nowMs);

        await store.settle({ id: early, attempt: 1 }, 'line', NOTHING_USED);
        expect(await store.suspendedSince(nowMs)).toBe(NOON_MS - 3_600_000);
        const laterMs = nowMs + 5 * 3_600_000;
        expect(await store.suspendedSince(laterMs)).toBe(NOON_MS - 3_600_000);
        await store.settle({ id: late, attempt: 1 }, 'line', NOTHING_USED);
        expect(await store.suspendedSince(laterMs)).toBeUndefined();

        // An hour that was done with is looked at again when something of it is swept.
        await store.reserve(reservation({ id: early, attempt: 2, leaseMs }));
        await store.sweep(laterMs);
        expect(await store.suspendedSince(laterMs)).toBe(NOON_MS - 26 * 3_600_000);
      });
    });

    describe('the reservations of a window', () => {
      const window = windowOf(NOON_MS);

      it('are those whose ids begin inside it: its start is, its end is not', async () => {
        const edges = [window.startMs - 1, window.startMs, window.endMs - 1, window.endMs];
        for (const ms of edges) {
          for (const byte of [0, 255]) await store.reserve(reservation({ id: idAt(ms, byte) }));
        }

        expect((await allOf(store, window)).map(({ id }) => id)).toEqual([
          ...[idAt(window.startMs), idAt(window.startMs, 255)],
          ...[idAt(window.endMs - 1), idAt(window.endMs - 1, 255)],
        ]);
      });

      it('come by id and then by attempt as a number', async () => {
        const made = [
          reservation({ id: idAt(NOON_MS + 1) }),
          ...[10, 9, 2].map((attempt) => reservation({ attempt })),
        ];
        for (const one of made) await store.reserve(one);

        const expected = made.map(({ id, attempt, state }) => ({ id, attempt, state }));
        expect(await allOf(store, window)).toEqual(expected.reverse());
      });

      it('come whole in batches, two windows side by side too', async () => {
        const perWindow = 9000;
        const windows = [window, windowOf(window.endMs)];
        const made = windows.map(({ startMs }) =>
          Array.from({ length: perWindow }, (_, n) => reservation({ id: idAt(startMs + n) })),
        );
        await Promise.all(made.flat().map((one) => store.reserve(one)));

        const read = await Promise.all(windows.map((one) => allOf(store, one)));

        expect(read.map((all) => all.length)).toEqual([perWindow, perWindow]);
        expect(read.map((all) => all.map(({ id }) => id))).toEqual(
          made.map((all) => all.map(({ id }) => id)),
        );
      });

      it('can be settled while they are read', async () => {
        const made = Array.from({ length: 5001 }, (_, n) => reservation({ id: idAt(NOON_MS + n) }));
        await Promise.all(made.map((one) => store.reserve(one)));

        let seen = 0;
        for await (const batch of store.reservations(window)) {
          seen += batch.length;
          for (const { id } of batch.slice(0, 3))
            await store.settle({ id, attempt: 1 }, 'line', NOTHING_USED);
        }

        expect(seen).toBe(5001);
      });

      it('are none where nobody called', async () => {
        expect(await allOf(store, window)).toEqual([]);
      });
    });

    describe('the next hour with a reservation', () => {
      it('is found from an instant on, the instant included', async () => {
        await store.reserve(reservation({ id: idAt(NOON_MS + HOUR_MS - 1, 255) }));
        await store.reserve(reservation({ id: idAt(NOON_MS + 5 * HOUR_MS) }));

        expect(await store.nextHourWithReservation(0)).toBe(NOON_MS);
        expect(await store.nextHourWithReservation(NOON_MS)).toBe(NOON_MS);
        expect(await store.nextHourWithReservation(NOON_MS + HOUR_MS)).toBe(NOON_MS + 5 * HOUR_MS);
        expect(await store.nextHourWithReservation(NOON_MS + 6 * HOUR_MS)).toBeUndefined();
      });
    });

    describe('of tenants and keys', () => {
      it('keeps tenants, by name', async () => {
        const [a, b] = [
          { tenant: 't_2', name: 'alpha', costCenter: null },
          { tenant: 't_1', name: 'beta', costCenter: 'retail' },
        ];
        await store.putTenant(b, AUDITED);
        await store.putTenant(a, AUDITED);

        expect(await store.tenants()).toEqual([a, b]);
      });

      it('finds a key by its id, with every field, and no other', async () => {
        const other = { ...key, keyId: 'b', costCenter: null, project: null, revokedMs: 7 };
        await store.putKey(key, AUDITED);
        await store.putKey(other, AUDITED);

        expect(await store.findKey(key.keyId)).toEqual(key);
        expect(await store.findKey('b')).toEqual(other);
        expect(await store.findKey('ABCDEFGHIJ01')).toBeUndefined();
        expect(await store.findKey("' OR 1=1 --")).toBeUndefined();
      });

      it('lists the keys of a tenant by id, and of no other', async () => {
        const first = { ...key, keyId: 'aaaaaaaaaa01' };
        await store.putKey(key, AUDITED);
        await store.putKey(first, AUDITED);
        await store.putKey({ ...key, keyId: 'bbbbbbbbbb01', tenant: 't_b' }, AUDITED);

        expect(await store.keysOf('t_a')).toEqual([first, key]);
        expect(await store.keysOf('t_c')).toEqual([]);
      });

      it('replaces a key that is put again: it was revoked', async () => {
        await store.putKey(key, AUDITED);
        await store.putKey({ ...key, revokedMs: NOON_MS }, AUDITED);

        expect((await store.findKey(key.keyId))?.revokedMs).toBe(NOON_MS);
      });

      it('keeps hostile text as text', async () => {
        const name = `'; DROP TABLE tenants; -- "é" \u2028`;
        await store.putTenant({ tenant: 't_1', name, costCenter: null }, AUDITED);

        expect(await store.tenants()).toEqual([{ tenant: 't_1', name, costCenter: null }]);
      });
    });

    describe('of the current price book', () => {
      it('knows none at first, then the one published last', async () => {
        expect(await store.currentPriceBook()).toBeUndefined();

        await store.publishPriceBook('prices/book-a.json');
        await store.publishPriceBook('prices/book-b.json');

        expect(await store.currentPriceBook()).toBe('prices/book-b.json');
      });
    });
  });
}
