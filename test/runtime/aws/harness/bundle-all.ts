import { join } from 'node:path';
import { bundleFunction } from '../../../../runtime/bundling.ts';
import { FUNCTION_SETTINGS } from '../../../../runtime/settings.ts';
import type { FunctionName } from '../../../../runtime/settings.ts';

/**
 * `node bundle-all.ts FOLDER`: bundles every function into a folder of its name, and prints what went
 * into each. A process of its own, because esbuild does not run inside Jest.
 */
const [, , folder = ''] = process.argv;
const bundled = (Object.keys(FUNCTION_SETTINGS) as FunctionName[]).map(async (name) => {
  const { inputs, outputs } = await bundleFunction(name, join(folder, name));
  const imports = Object.values(outputs).flatMap((output) =>
    output.imports.map(({ path }) => path),
  );
  return [name, { inputs: Object.keys(inputs), imports }] as const;
});
process.stdout.write(JSON.stringify(Object.fromEntries(await Promise.all(bundled))));
