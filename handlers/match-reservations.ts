import * as z from 'zod/mini';
import { identityOf } from '../domain/usage-event.ts';
import type { ControlResult } from '../domain/ledger/manifest.ts';
import { sortLines } from '../domain/accept-lines.ts';
import type { LineMac } from '../domain/usage-line.ts';
import type { Window } from '../domain/window.ts';
import { control } from './line-controls.ts';
import { readArchive } from './window-lines.ts';
import { getResult, putResult } from './window-result.ts';
import { objectKey, parseInput, windowStart } from './step-input.ts';
import type { Codec, ObjectStore, Store } from './ports.ts';

const MatchInput = z.strictObject({ start: windowStart, result: objectKey });

interface MatchPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly store: Pick<Store, 'reservations' | 'settle'>;
  readonly mac: LineMac;
}

/**
 * State `MatchReservations`: settles again what the lines prove was settled, then asks the store
 * itself, reading none of what the rating made, whether its settled reservations are the rows (C1).
 */
export function createMatchReservations(ports: MatchPorts) {
  return async function match(input: unknown): Promise<{ readonly result: string }> {
    const { start: window, result: key } = parseInput(MatchInput, input);
    const result = await getResult(ports.objects, key);
    if (result.unsettled !== null) await settleAgain(ports, result.unsettled);

    const held = new Set(result.held);
    const settled = await settledIdentities(ports.store, window);
    const rows = settled.filter((identity) => !held.has(identity));
    const digest = ports.codec.sha256(rows.join('\n'));
    const controls: ControlResult[] = [
      control('C1.count: settled reservations = accepted lines', rows.length, result.identities),
      control('C1.set: identities, sha256', digest, result.identities_sha256),
    ];
    const next = { ...result, controls: [...result.controls, ...controls] };
    return { result: await putResult(ports, window, next) };
  };
}

/** A valid line whose settlement was lost proves the call: the reservation is settled from it. */
async function settleAgain(ports: MatchPorts, key: string): Promise<void> {
  const { lines } = sortLines(await readArchive(ports, key), ports.mac);
  for (const line of lines) await ports.store.settle(line, line.text);
}

async function settledIdentities(
  store: Pick<Store, 'reservations'>,
  window: Window,
): Promise<string[]> {
  const identities: string[] = [];
  for await (const batch of store.reservations(window)) {
    for (const reservation of batch) {
      if (reservation.state === 'SETTLED') identities.push(identityOf(reservation));
    }
  }
  return identities.sort();
}
