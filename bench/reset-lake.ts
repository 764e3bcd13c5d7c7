import { rmSync } from 'node:fs';
import { join } from 'node:path';

/** Puts a made data folder back to where nothing was metered yet; the price book stays. */
export function resetLake(root: string): void {
  for (const made of ['manifests', 'data', 'inputs', 'work']) {
    rmSync(join(root, 'lake', made), { recursive: true, force: true });
  }
  rmSync(join(root, 'checkpoints'), { recursive: true, force: true });
}
