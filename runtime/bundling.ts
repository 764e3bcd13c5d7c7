import { join } from 'node:path';
import { buildSync } from 'esbuild';
import type { BuildOptions, Metafile } from 'esbuild';
import { readAuditStatements, readBuildSource } from './node/checkout.ts';
import type { FunctionName } from './settings.ts';

/**
 * How a Lambda function becomes one file. Stacks, tests and benches all bundle by this: what is
 * measured and tested is what is deployed.
 */

const CHECKOUT = join(import.meta.dirname, '..');

/** What the file is called in its folder; its `handler` is what Lambda calls. */
export const BUNDLE_FILE = 'index.mjs';
export const BUNDLE_HANDLER = 'index.handler';

/** Some packages inside are CommonJS and ask for Node's modules in its way. */
const REQUIRE =
  "import{createRequire as __createRequire}from'node:module';const require=__createRequire(import.meta.url);";

/** esbuild's options for a function: one minified module with everything inside, the SDK too. */
export function bundleOptions(name: FunctionName): BuildOptions {
  return {
    absWorkingDir: CHECKOUT,
    entryPoints: [join(CHECKOUT, 'runtime', 'aws', 'functions', `${name}.ts`)],
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // ESM first: it is half the size, and starts in half the time.
    mainFields: ['module', 'main'],
    banner: { js: REQUIRE },
    charset: 'utf8',
    // What a checkout has as files, a bundle has inside. Only the functions that use it get it.
    define: {
      TOLLBOOK_BUILD: JSON.stringify(readBuildSource(CHECKOUT)),
      TOLLBOOK_AUDIT: JSON.stringify(readAuditStatements(CHECKOUT)),
    },
    metafile: true,
    logLevel: 'warning',
  };
}

/** Bundles a function into a folder. @returns what went into it. */
export function bundleFunction(name: FunctionName, folder: string): Metafile {
  const outfile = join(folder, BUNDLE_FILE);
  const { metafile } = buildSync({ ...bundleOptions(name), outfile, metafile: true });
  return metafile;
}
