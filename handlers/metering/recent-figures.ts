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
}

/** How far back the figures go: as far as a line may still come late. */
export const RECENT_MS = LATEST_LINE_MS;

const UNPRICED = 'C4.unpriced: priced = read back';
const SUSPENSE = 'suspense: reservations of unknown outcome';

/** Adds up what the manifests of recent windows say, as they were sealed. */
export function recentFigures(manifests: readonly Manifest[]): RecentFigures {
  let [unpriced, quarantined, suspense] = [0, 0, 0];
  for (const { statement } of manifests) {
    unpriced += controlled(statement, UNPRICED);
    quarantined += statement.quarantine?.rows ?? 0;
    suspense += controlled(statement, SUSPENSE);
  }
  return { unpriced, quarantined, suspense };
}

function controlled({ controls }: ManifestStatement, name: string): number {
  return Number(controls.find(({ id }) => id === name)?.left ?? 0);
}
