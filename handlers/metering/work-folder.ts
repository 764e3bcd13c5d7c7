import { partitionOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';

/** Where a window's objects lie that only the next states need. A lifecycle rule clears it. */
export function workFolder(window: Window): string {
  return `work/${partitionOf(window)}`;
}
