/**
 * `node gateway-host.ts FOLDER TEMPLATE`, forked: the bundled functions of an API behind an API Gateway that
 * its template makes. Says its port when it listens; ends, when it is told to, after all that runs.
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { readApi } from '../../runtime/aws/harness/api-definition.ts';
import { startApiGateway } from '../../runtime/aws/harness/api-gateway.ts';
import { installRuntime } from '../../runtime/aws/harness/lambda-runtime.ts';
import type { Template } from '../../runtime/aws/harness/template.ts';

const [, , folder = '', template = ''] = process.argv;

async function load(name: string): Promise<unknown> {
  const module: unknown = await import(pathToFileURL(join(folder, name, 'index.mjs')).href);
  return (module as { handler: unknown }).handler;
}

installRuntime();
const api = readApi(JSON.parse(readFileSync(template, 'utf8')) as Template);
const loaded = [...api.functions.keys()].map(async (name) => [name, await load(name)] as const);
const gateway = await startApiGateway(api, Object.fromEntries(await Promise.all(loaded)));
process.on('message', () => {
  void gateway.close().then(() => {
    process.disconnect();
  });
});
process.send?.({ port: gateway.port });
