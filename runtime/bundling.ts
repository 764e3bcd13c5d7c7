import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { build } from 'esbuild';
import type { Metafile, Plugin } from 'esbuild';
import { readAuditStatements, readBuildSource } from './node/checkout.ts';
import type { AnyFunctionName } from './settings.ts';

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
    },
    plugins: [leanSdk],
    banner: { js: REQUIRE },
    charset: 'utf8',
    // What a checkout has as files, a bundle has inside. Only the functions that use it get it.
    define: {
      TOLLBOOK_BUILD: JSON.stringify(readBuildSource(CHECKOUT)),
      TOLLBOOK_AUDIT: JSON.stringify(readAuditStatements(CHECKOUT)),
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

/**
 * Lets esbuild leave out what a function does not use of the SDK. The shapes of an operation are plain
 * arrays but for keys that are computed from constants, which might have effects; a module that is
 * imported when it is first needed is taken whole, with all that it asks for; and of a package's own
 * description the client wants its version, not its scripts.
 */
const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup({ onLoad }) {
    const rewrite = (filter: RegExp, by: (source: string) => string) => {
      onLoad({ filter }, ({ path }) => ({
        contents: by(readFileSync(path, 'utf8')),
        loader: 'js',
      }));
    };
    rewrite(/\/@aws-sdk\/.*\/schemas_\d+\.js$/, withLiteralKeys);
    rewrite(/\/@smithy\/core\/dist-es\/.*\/HttpProtocol\.js$/, withStaticImports);
    rewrite(/\/@smithy\/core\/dist-es\/.*\/Sha256Js\.js$/, () => NO_SHA256_OF_ITS_OWN);
    onLoad({ filter: /\/@aws-sdk\/.*\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

/** Where Node has no SHA-256, the SDK computes it in JavaScript. Ours has. */
const NO_SHA256_OF_ITS_OWN = 'export class Sha256Js {}';

/** `[_h]: …` → `"h": …`, where `_h` is a constant of the file. */
function withLiteralKeys(source: string): string {
  const texts = new Map(
    [...source.matchAll(/^const (\w+) = ("[^"\n]*");$/gm)].map(([, name, text]) => [name, text]),
  );
  return source.replace(/\[(\w+)\](?=: )/g, (all, name: string) => texts.get(name) ?? all);
}

/** `const { A } = await import("b")`, wherever it stands → `import { A } from "b"`. */
function withStaticImports(source: string): string {
  const imports: string[] = [];
  const rest = source.replace(
    /^ *const (\{[^}]*\}) = await import\(("[^"]*")\);$/gm,
    (_, names: string, from: string) => {
      imports.push(`import ${names} from ${from};\n`);
      return '';
    },
  );
  return imports.join('') + rest;
}
