#!/usr/bin/env node
import { chmodSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import { resolve } from 'node:path';
import { build } from 'esbuild';

/**
 * Makes the verifier one file that an auditor can read and run with nothing but Node:
 * `bundle-verifier [FILE]`, by default `dist/tollbook-verify.mjs`.
 */
const outfile = resolve(process.argv[2] ?? 'dist/tollbook-verify.mjs');

const { metafile } = await build({
  entryPoints: [resolve(import.meta.dirname, 'tollbook-verify.ts')],
  outfile,
  bundle: true,
  platform: 'node',
  format: 'esm',
  target: 'node20',
  charset: 'utf8',
  metafile: true,
  logLevel: 'warning',
});

const foreign = Object.keys(metafile.inputs).filter((path) => path.includes('node_modules'));
for (const { imports } of Object.values(metafile.outputs)) {
  foreign.push(...imports.map(({ path }) => path).filter((path) => !isBuiltin(path)));
}
if (foreign.length > 0) {
  throw new Error(`verifier bundle: got ${foreign.join(', ')}, expected Node's own modules only`);
}
chmodSync(outfile, 0o755);
process.stdout.write(`${outfile}\n`);
