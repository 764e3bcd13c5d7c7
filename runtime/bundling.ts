import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Metafile } from 'esbuild';
import { leanNode, leanSdk } from './lean-bundle.ts';
import { readAuditStatements, readBuildSource } from './node/checkout.ts';
import { gatewayDocument } from './node/gateway-document.ts';
import type { AnyFunctionName } from './settings.ts';

/**
 * How a Lambda function becomes one file. Stacks, tests and benches all bundle by this: what is
 * measured and tested is what is deployed.
 */

/** For stacks: the document that is bundled is also what API Gateway checks bodies by. */
export { documentedBodies } from './node/gateway-document.ts';
export type { DocumentedBody } from './node/gateway-document.ts';

const CHECKOUT = join(import.meta.dirname, '..');

/** What the file is called in its folder; its `handler` is what Lambda calls. */
export const BUNDLE_FILE = 'index.mjs';
export const BUNDLE_HANDLER = 'index.handler';

/** Packages of the SDK that have no use on Lambda. */
const STAND_INS = join(CHECKOUT, 'runtime', 'aws', 'sdk-stand-ins.ts');

/** Bundles a function into a folder: one minified module with everything inside, the SDK too. */
export async function bundleFunction(name: AnyFunctionName, folder: string): Promise<Metafile> {
  const { metafile } = await build({
    absWorkingDir: CHECKOUT,
    entryPoints: [join(CHECKOUT, 'runtime', 'aws', 'functions', `${name}.ts`)],
    outfile: join(folder, BUNDLE_FILE),
    bundle: true,
    minify: true,
    platform: 'node',
    format: 'esm',
    target: 'node24',
    // ESM first: it is half the size, and starts in half the time.
    mainFields: ['module', 'main'],
    alias: {
      '@aws-sdk/credential-provider-node': STAND_INS,
      '@aws-sdk/token-providers': STAND_INS,
      '@aws-sdk/endpoint-cache': STAND_INS,
      '@aws-sdk/eventstream-handler-node': STAND_INS,
      '@aws/lambda-invoke-store': STAND_INS,
    },
    plugins: [leanNode, leanSdk],
    // What a checkout has as files, a bundle has inside. Only the functions that use it get it.
    define: {
      TOLLBOOK_BUILD: JSON.stringify(readBuildSource(CHECKOUT)),
      TOLLBOOK_AUDIT: JSON.stringify(readAuditStatements(CHECKOUT)),
      TOLLBOOK_OPENAPI: JSON.stringify(JSON.stringify(gatewayDocument())),
      TOLLBOOK_TENANT_USAGE: JSON.stringify(
        readFileSync(join(CHECKOUT, 'sql', 'me', 'tenant_usage.sql'), 'utf8'),
      ),
    },
    metafile: true,
    logLevel: 'warning',
  });
  return metafile;
}

/** The same for who cannot wait for a promise, such as a construct that is being made. */
export function bundleFunctionNow(name: AnyFunctionName, folder: string): void {
  const command = join(CHECKOUT, 'runtime', 'bundle-function.ts');
  const { status, stderr } = spawnSync(process.execPath, [command, name, folder], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`bundle ${name}: ${stderr}`);
}
