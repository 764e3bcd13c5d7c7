import type { Clock, Store } from '../ports.ts';

interface SweepPorts {
  readonly store: Pick<Store, 'sweep'>;
  readonly clock: Pick<Clock, 'now'>;
}

/** State `SweepReservations`: pending past its lease → suspense, still held, never given back. */
export function createSweepReservations({ store, clock }: SweepPorts) {
  return async function sweepReservations(): Promise<{ readonly suspended: number }> {
    return { suspended: await store.sweep(clock.now()) };
  };
}
