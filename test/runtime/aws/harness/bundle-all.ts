import { join } from 'node:path';
import { bundleFunction } from '../../../../runtime/bundling.ts';
import { FUNCTION_SETTINGS } from '../../../../runtime/settings.ts';
import type { FunctionName } from '../../../../runtime/settings.ts';

/**
 * `node bundle-all.ts FOLDER [NAME...]`: bundles functions, or all of them, each into a folder of its
 * name, and prints what went into each. A process of its own, because esbuild does not run inside Jest.
 */
const [, , folder = '', ...names] = process.argv;
const all = Object.keys(FUNCTION_SETTINGS) as FunctionName[];
const wanted = all.filter((name) => names.length === 0 || names.includes(name));
const bundled = wanted.map(async (name) => {
  const { inputs, outputs } = await bundleFunction(name, join(folder, name));
  const imports = Object.values(outputs).flatMap((output) =>
    output.imports.map(({ path }) => path),
  );
  return [name, { inputs: Object.keys(inputs), imports }] as const;
});
process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(bundled))));
