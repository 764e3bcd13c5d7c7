import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Store } from '../../handlers/ports.ts';

const ALL_OF_TIME = { startMs: Date.UTC(2001, 8, 10), endMs: Date.UTC(2200, 0, 1) };
const LF = 0x0a;

/** Usage lines in a journal. */
export function countLines(folder: string): number {
  let lines = 0;
  for (const name of readdirSync(folder)) {
    for (const byte of readFileSync(join(folder, name))) if (byte === LF) lines += 1;
  }
  return lines;
}

/** Reservations that came to a line, and those that did not. */
export async function reservationsOf(store: Pick<Store, 'reservations'>) {
  let [settled, suspense] = [0, 0];
  for await (const batch of store.reservations(ALL_OF_TIME)) {
    for (const { state } of batch) {
      if (state === 'SETTLED') settled += 1;
      else suspense += 1;
    }
  }
  return { settled, suspense };
}
