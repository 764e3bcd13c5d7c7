import * as z from 'zod/mini';
import { identityOf } from '../../domain/usage-event.ts';
import type { ControlResult } from '../../domain/ledger/manifest.ts';
import { loggedLine, sortLines } from '../../domain/accept-lines.ts';
import { batchOf } from '../../domain/line-batch.ts';
import { parseUsageLine } from '../../domain/usage-line.ts';
import type { LineMac } from '../../domain/usage-line.ts';
import type { Window } from '../../domain/window.ts';
import { IdentityDigest } from './identity-digest.ts';
import { control } from './line-controls.ts';
import { createBookReader } from '../prices/price-books.ts';
import { usedBy } from '../invoke/used-by.ts';
import { readArchive } from './window-lines.ts';
import { getResult, putResult } from './window-result.ts';
import { objectKey, parseInput, windowStart } from '../step-input.ts';
import type { Codec, ObjectStore, Store } from '../ports.ts';

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
    if (result.unsettled !== null)
      await settleAgain(ports, result.unsettled, result.price_book.path);

    const settled = await settledIdentities(ports, window, new Set(result.held));
    const [count, digest] = [settled.count(), settled.sha256()];
    const controls: ControlResult[] = [
      control('C1.count: settled reservations = accepted lines', count, result.identities),
      control('C1.set: identities, sha256', digest, result.identities_sha256),
    ];
    const next = { ...result, controls: [...result.controls, ...controls] };
    return { result: await putResult(ports, window, next) };
  };
}

/** A valid line whose settlement was lost proves the call: the reservation is settled from it. */
async function settleAgain(ports: MatchPorts, key: string, bookKey: string): Promise<void> {
  const { prices } = await createBookReader(ports).read(bookKey);
  const { lines } = sortLines(batchOf(await readArchive(ports, key)), ports.mac);
  for (const line of lines) {
    const { text } = loggedLine(line);
    const parsed = parseUsageLine(text);
    if (!parsed.ok)
      throw new Error(`line ${identityOf(line)}: ${parsed.fault}, expected a valid one`);
    await ports.store.settle(line, text, usedBy(parsed.event, prices));
  }
}

/** All settled but those that are held because their lines contradict each other. */
async function settledIdentities(
  { store, codec }: Pick<MatchPorts, 'store' | 'codec'>,
  window: Window,
  held: ReadonlySet<string>,
) {
  const identities = new IdentityDigest(codec);
  for await (const batch of store.reservations(window)) {
    for (const reservation of batch) {
      if (reservation.state !== 'SETTLED') continue;
      if (held.size > 0 && held.has(identityOf(reservation))) continue;
      identities.add(reservation);
    }
  }
  return identities;
}
