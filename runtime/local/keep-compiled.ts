import { enableCompileCache } from 'node:module';
import { join } from 'node:path';

/** Beside the code, and not where anybody on this machine may write: what lies there is run. */
const FOLDER = join(import.meta.dirname, '../../node_modules/.cache/tollbook-compiled');

/**
 * Has Node keep what it compiles of the modules loaded from now on, so that the next command, and each
 * worker thread of this one, need not do it again. A folder that cannot be written costs time only;
 * `NODE_COMPILE_CACHE` and `NODE_DISABLE_COMPILE_CACHE` of the environment are heeded.
 */
export function keepCompiled(): void {
  // Worker threads and child processes know it from the environment alone.
  process.env['NODE_COMPILE_CACHE'] ??= FOLDER;
  enableCompileCache(process.env['NODE_COMPILE_CACHE']);
}
