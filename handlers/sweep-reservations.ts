import type { Clock, Store } from './ports.ts';

/** State `SweepReservations`: pending past its lease → suspense, still held, never given back. */
export function createSweepReservations({ store, clock }: { store: Store; clock: Clock }) {
  return async function sweepReservations(): Promise<{ readonly suspended: number }> {
    return { suspended: await store.sweep(clock.now()) };
  };
}
