import type { Manifest } from './manifest.ts';
import { listedPaths } from './manifest-form.ts';
import type { Verification } from './verification.ts';

const RUN_FOLDER = /^data\/[^/]+\/dt=[^/]+\/hour=[^/]+\/run=[^/]+\//;

/** What the manifests list, and in which run folders. */
export class Listing {
  readonly #paths = new Set<string>();
  readonly #runFolders = new Set<string>();
  readonly #owners = new Map<string, number>();

  /** Takes in a manifest. Rows that two manifests list would be counted twice: a finding. */
  add(verification: Verification, { seq, statement }: Manifest): void {
    for (const path of listedPaths(statement)) {
      this.#paths.add(path);
      const folder = runFolderOf(path);
      if (folder !== null) this.#runFolders.add(folder);
      if (!path.startsWith('data/')) continue;
      const owner = this.#owners.get(path.toLowerCase());
      if (owner !== undefined) {
        const message = `got a file of manifest ${owner} again, expected each file in one manifest`;
        verification.report('duplicate-file', { seq, path }, message);
      }
      this.#owners.set(path.toLowerCase(), seq);
    }
  }

  /**
   * Reports what lies in the run folders without being listed. A whole folder that no manifest lists
   * is what an interrupted run leaves behind: readers never see it, so it is only noted.
   */
  verifyFolders(verification: Verification): void {
    const orphans = new Set<string>();
    for (const { path } of verification.entries.values()) {
      if (!path.startsWith('data/') || this.#paths.has(path)) continue;
      const folder = runFolderOf(path);
      if (folder !== null && this.#runFolders.has(folder)) {
        const message = 'got a file that its manifest does not list, expected none beside them';
        verification.report('unlisted-file', { seq: null, path }, message);
      } else {
        orphans.add(folder ?? path);
      }
    }
    for (const path of [...orphans].sort()) {
      verification.report('orphan', { seq: null, path }, 'no manifest lists it: readers ignore it');
    }
  }
}

function runFolderOf(path: string): string | null {
  return RUN_FOLDER.exec(path)?.[0] ?? null;
}
