import { HOUR_MS } from '../../domain/instant.ts';
import type { Clock, Store } from '../ports.ts';

interface SweepPorts {
  readonly store: Pick<Store, 'sweep' | 'suspendedSince'>;
  readonly clock: Pick<Clock, 'now'>;
}

export interface Swept {
  /** Reservations that this sweep moved to suspense. */
  readonly suspended: number;
  /** Whole hours since the oldest call of unknown outcome was admitted; 0 without any. */
  readonly suspenseHours: number;
}

/**
 * State `SweepReservations`: pending past its lease → suspense, still held, never given back. How old the
 * oldest is, the store alone knows: a sealed window says what was unknown then, and not whether it still is.
 */
export function createSweepReservations({ store, clock }: SweepPorts) {
  return async function sweepReservations(): Promise<Swept> {
    const nowMs = clock.now();
    const suspended = await store.sweep(nowMs);
    const sinceMs = await store.suspendedSince(nowMs);
    const suspenseHours = sinceMs === undefined ? 0 : Math.floor((nowMs - sinceMs) / HOUR_MS);
    return { suspended, suspenseHours };
  };
}
