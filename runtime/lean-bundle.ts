import { readFileSync } from 'node:fs';
import { isBuiltin } from 'node:module';
import type { Plugin } from 'esbuild';

/** What a bundle leaves out of Node and of the SDK because no function of ours needs it. */

/**
 * Asks for Node's own modules by `process.getBuiltinModule`: `import` reads every export of a module, and
 * reading those of `node:http` loads `fetch`, which takes longer than an empty process.
 */
export const leanNode: Plugin = {
  name: 'lean-node',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^[a-z_:/0-9]+$/ }, ({ path }) =>
      isBuiltin(path) ? { path: path.replace(/^(?:node:)?/, 'node:'), namespace: 'node' } : null,
    );
    onLoad({ filter: /./, namespace: 'node' }, ({ path }) => ({
      contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)});`,
    }));
  },
};

/**
 * Lets esbuild leave out what a function does not use of the SDK. The shapes of an operation are plain
 * arrays but for keys that are computed from constants, which might have effects; a module that is
 * imported when it is first needed is taken whole, with all that it asks for; and of a package's own
 * description the client wants its version, not its scripts.
 */
export const leanSdk: Plugin = {
  name: 'lean-sdk',
  setup({ onLoad }) {
    const rewrite = (filter: RegExp, by: (source: string) => string) => {
      onLoad({ filter }, ({ path }) => ({
        contents: by(readFileSync(path, 'utf8')),
        loader: 'js',
      }));
    };
    for (const [filter, contents] of NEVER_USED) rewrite(filter, () => contents);
    rewrite(/\/@aws-sdk\/client-dynamodb\/.*\/schemas_\d+\.js$/, (source) =>
      withLiteralKeys(withoutErrorsOfTables(source)),
    );
    rewrite(/\/@aws-sdk\/.*\/schemas_\d+\.js$/, withLiteralKeys);
    rewrite(/\/@smithy\/core\/dist-es\/.*\/HttpProtocol\.js$/, withStaticImports);
    onLoad({ filter: /\/@aws-sdk\/.*\/package\.json$/ }, ({ path }) => {
      const { name, version } = JSON.parse(readFileSync(path, 'utf8')) as Record<string, unknown>;
      return { contents: JSON.stringify({ name, version }), loader: 'json' };
    });
  },
};

/** Modules of the SDK, and what stands in their place. */
const NEVER_USED: readonly (readonly [RegExp, string])[] = [
  // Where Node has no SHA-256, the SDK computes it in JavaScript. Ours has.
  [/\/@smithy\/core\/.*\/Sha256Js\.js$/, 'export class Sha256Js {}'],
  // A function answers one call at a time, and its clients say so: nothing shares a connection.
  [
    /\/@smithy\/node-http-handler\/.*\/node-http2-handler\.js$/,
    'export { NodeHttpHandler as NodeHttp2Handler } from "./node-http-handler";',
  ],
  // On Lambda there are no profiles in files, and no metadata of an instance to ask for the Region.
  [
    /\/@smithy\/core\/.*\/fromSharedConfigFiles\.js$/,
    `import { CredentialsProviderError } from "../property-provider/CredentialsProviderError";
    export const fromSharedConfigFiles = () => () =>
      Promise.reject(new CredentialsProviderError("a function has no configuration files"));`,
  ],
  [
    /\/@smithy\/core\/.*\/getInstanceMetadataRegion\.js$/,
    'export const getInstanceMetadataRegion = () => Promise.resolve(undefined);',
  ],
  // Nobody sets AWS_RETRY_MODE: most clients do not retry, and the others do it as is the default.
  [
    /\/@smithy\/core\/.*\/util-retry\/AdaptiveRetryStrategy\.js$/,
    `export class AdaptiveRetryStrategy {
      constructor() { throw new Error("retry mode: got adaptive, expected standard"); }
    }`,
  ],
];

/** Errors of operations on tables, backups, exports and replicas, none of which we send. */
const OF_TABLES =
  /^n0_registry\.registerError\((?:Backup|ContinuousBackups|DuplicateItem|Export|GlobalTable|Import|IndexNotFound|Invalid(?:Export|Restore)Time|LimitExceeded|PointInTime|PolicyNotFound|Replica(?:AlreadyExists|NotFound)|ResourceInUse|Table)\w*\$, \w+\);$/gm;

/** One that comes all the same bears its name; it lacks fields that nobody reads. */
function withoutErrorsOfTables(source: string): string {
  return source.replace(OF_TABLES, '');
}

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
