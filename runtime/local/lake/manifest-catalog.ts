import { randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { threadId } from 'node:worker_threads';
import { parseEnvelope } from '../../../domain/ledger/dsse.ts';
import { parseManifest } from '../../../domain/ledger/manifest-form.ts';
import { seqOfManifestPath } from '../../../domain/ledger/manifest.ts';
import type { Candidate, Catalog, RunFiles } from '../../../handlers/ports.ts';

/** Which files SQL sees: sealed ones by the manifests, candidates by what the auditor registered. */
export interface LocalCatalog extends Catalog {
  /** Lake-relative paths of a table's sealed files, oldest window first. */
  sealedFiles(table: string): string[];
  candidateFiles(table: string): string[];
}

/** Manifests are the catalogue: a view lists their files, so nothing can be visible unsealed. */
export function createManifestCatalog(lake: string): LocalCatalog {
  // Of this process only, whose threads share them: another metering that audits the same run would
  // drop them under our auditor's eyes.
  const candidates = join(lake, 'work', 'candidates', String(process.pid));
  const sealed = new Map<string, readonly string[]>();

  function manifestFiles(): readonly string[] {
    const names = listNames(join(lake, 'manifests'));
    return names
      .filter((name) => seqOfManifestPath(`manifests/${name}`) !== null)
      .flatMap((name) => {
        const known = sealed.get(name);
        if (known) return known;
        const { payload } = parseEnvelope(readFileSync(join(lake, 'manifests', name)));
        const { files, quarantine } = parseManifest(payload).statement;
        const paths = [...files, ...(quarantine ? [quarantine] : [])].map(({ path }) => path);
        sealed.set(name, paths);
        return paths;
      });
  }

  // eslint-disable-next-line @typescript-eslint/require-await -- the port is asynchronous, files are not
  async function addCandidate(run: string, files: readonly RunFiles[]): Promise<Candidate> {
    mkdirSync(candidates, { recursive: true });
    const token = `${threadId}-${randomBytes(6).toString('hex')}`;
    const path = join(candidates, `${token}.json`);
    // Whole or not at all: other windows' auditors list this folder at any moment.
    const draft = join(candidates, `${token}.draft`);
    writeFileSync(draft, JSON.stringify(files.flatMap(({ keys }) => keys)));
    renameSync(draft, path);
    return {
      run,
      drop: () => {
        rmSync(path, { force: true });
        return Promise.resolve();
      },
    };
  }

  return {
    addCandidate,
    // The manifest has made the run visible already.
    publish: () => Promise.resolve(),
    sealedFiles: (table) => manifestFiles().filter((path) => path.startsWith(`data/${table}/`)),
    candidateFiles: (table) => {
      const names = listNames(candidates).filter((name) => name.endsWith('.json'));
      const keys = names.flatMap((name) => candidateKeys(join(candidates, name)));
      // A run that is audited twice at once is still one run.
      return [...new Set(keys)].filter((key) => key.startsWith(`data/${table}/`));
    },
  };
}

/** Keys of a candidate; none if it was dropped since it was listed. */
function candidateKeys(path: string): string[] {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as string[];
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
}

function listNames(folder: string): string[] {
  try {
    return readdirSync(folder).sort();
  } catch (error) {
    if ((error as { code?: unknown }).code === 'ENOENT') return [];
    throw error;
  }
}
