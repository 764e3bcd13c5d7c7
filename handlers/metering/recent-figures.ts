import { HOUR_MS, parseInstant } from '../../domain/instant.ts';
import type { Manifest, ManifestStatement } from '../../domain/ledger/manifest.ts';
import { LATEST_LINE_MS } from '../../domain/window.ts';

/** What people should look at, over the windows of the last 48 hours before the ledger's head. */
export interface RecentFigures {
  /** Rows that wait for a price. */
  readonly unpriced: number;
  /** Lines that could not be used. */
  readonly quarantined: number;
  /** Calls whose outcome was unknown when their window was sealed. */
  readonly suspense: number;
  /** Hours from the oldest window with such a call to the ledger's head; 0 without any. */
  readonly suspenseHours: number;
}

/** How far back the figures go: as far as a line may still come late. */
export const RECENT_MS = LATEST_LINE_MS;

const UNPRICED = 'C4.unpriced: priced = read back';
const SUSPENSE = 'suspense: reservations of unknown outcome';

/** Adds up what the manifests of recent windows say, as they were sealed. */
export function recentFigures(manifests: readonly Manifest[]): RecentFigures {
  let [unpriced, quarantined, suspense, oldestMs, headMs] = [0, 0, 0, Infinity, 0];
  for (const { statement } of manifests) {
    unpriced += controlled(statement, UNPRICED);
    quarantined += statement.quarantine?.rows ?? 0;
    headMs = Math.max(headMs, parseInstant(statement.window.end));
    const unknown = controlled(statement, SUSPENSE);
    suspense += unknown;
    if (unknown > 0) oldestMs = Math.min(oldestMs, parseInstant(statement.window.start));
  }
  const suspenseHours = suspense === 0 ? 0 : (headMs - oldestMs) / HOUR_MS;
  return { unpriced, quarantined, suspense, suspenseHours };
}

function controlled({ controls }: ManifestStatement, name: string): number {
  return Number(controls.find(({ id }) => id === name)?.left ?? 0);
}
