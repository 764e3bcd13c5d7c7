import { bundleFunction } from './bundling.ts';
import { FUNCTION_SETTINGS, PRICING_FUNCTION_SETTINGS } from './settings.ts';
import type { AnyFunctionName } from './settings.ts';

/** `node runtime/bundle-function.ts NAME FOLDER`: bundles one function. */
const [, , name = '', folder] = process.argv;
const known = name in FUNCTION_SETTINGS || name in PRICING_FUNCTION_SETTINGS;
if (!known || folder === undefined) {
  throw new RangeError(`function: got ${JSON.stringify(name)}, expected NAME FOLDER`);
}
await bundleFunction(name as AnyFunctionName, folder);
