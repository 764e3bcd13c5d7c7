import { bundleFunction } from './bundling.ts';
import { FUNCTION_SETTINGS } from './settings.ts';
import type { FunctionName } from './settings.ts';

/** `node runtime/bundle-function.ts NAME FOLDER`: bundles one function. */
const [, , name = '', folder] = process.argv;
if (!(name in FUNCTION_SETTINGS) || folder === undefined) {
  throw new RangeError(`function: got ${JSON.stringify(name)}, expected NAME FOLDER`);
}
await bundleFunction(name as FunctionName, folder);
