import { LATEST_LINE_MS, partitionOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';
import type { ObjectStore } from '../ports.ts';

/** Sealed windows are looked at again for this long after the newest of them. */
export const LATE_HORIZON_MS = LATEST_LINE_MS;

/** Where lines that came after their window was sealed wait for an open one. */
export function lateFolder(window: Window): string {
  return `inputs/${partitionOf(window)}/late`;
}

/** Archives of late lines of one sealed window, sealed into another since or not. */
export async function listLate(objects: ObjectStore, window: Window): Promise<readonly string[]> {
  const found = await objects.list(`${lateFolder(window)}/`);
  return found.map(({ key }) => key);
}
