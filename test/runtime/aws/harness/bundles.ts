import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FunctionName } from '../../../../runtime/settings.ts';

/** What went into a bundle, and what it still asks for. */
export interface Bundle {
  /** Paths from the checkout. */
  readonly inputs: readonly string[];
  readonly imports: readonly string[];
}

/** Functions as they are deployed. */
export interface Bundles {
  readonly folder: string;
  readonly all: ReadonlyMap<FunctionName, Bundle>;
  fileOf(name: FunctionName): string;
  remove(): void;
}

/** Bundles functions, all if none is named; it takes some seconds. */
export function bundleFunctions(...names: FunctionName[]): Bundles {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-bundles-'));
  const script = join(__dirname, 'bundle-all.ts');
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, folder, ...names], {
    encoding: 'utf8',
    maxBuffer: 2 ** 26,
  });
  if (status !== 0) throw new Error(`bundles: ${stderr}`);
  return {
    folder,
    all: new Map(Object.entries(JSON.parse(stdout) as Record<string, Bundle>)) as Bundles['all'],
    fileOf: (name) => join(folder, name, 'index.mjs'),
    remove: () => {
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
