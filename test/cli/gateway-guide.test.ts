import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { jsonOf, launch, listen, tollbook } from './tollbook.ts';

/** Runs what docs/gateway.md tells people to run. */
const CHECKOUT = resolve(__dirname, '../..');
const guide = readFileSync(join(CHECKOUT, 'docs/gateway.md'), 'utf8');
const blocks = (language: string) =>
  [...guide.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, code = '']) => code,
  );

const data = mkdtempSync(join(tmpdir(), 'tollbook-guide-'));
const known: Record<string, string> = {};
let served: ChildProcess;

beforeAll(async () => {
  served = launch('tollbook', ['serve', '--data', data, '--port', '0', '--json']);
  const line = await new Promise<string>((done, failed) => {
    served.stdout?.once('data', (chunk: Buffer) => {
      done(chunk.toString());
    });
    served.once('close', (code) => {
      failed(new Error(`serve ended with ${String(code)}`));
    });
  });
  const { address, key } = JSON.parse(line) as Record<'address' | 'key', string>;
  const root = await tollbook(
    'operators',
    'create',
    'root',
    '--role',
    'admin',
    '--data',
    data,
    '--json',
  );
  const { credential } = jsonOf(root) as { readonly credential: string };
  const inAMonth = new Date(Date.now() + 30 * 86_400_000).toISOString();
  Object.assign(known, { GATEWAY: address, KEY: key, OPERATOR: credential, IN_A_MONTH: inAMonth });
});
afterAll(async () => {
  served.kill('SIGTERM');
  await new Promise((done) => served.once('close', done));
  rmSync(data, { recursive: true, force: true });
});

/** The words of a command, as a shell makes them of quotes and variables; no more of a shell than that. */
function wordsOf(command: string): readonly string[] {
  const value = (text: string) =>
    text.replaceAll(/\$(\w+)/g, (_all, name: string) => known[name] ?? '');
  return [...command.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"]+)+/g)].map(([word]) =>
    word.replaceAll(
      /'([^']*)'|"([^"]*)"|[^'"]+/g,
      (part, single?: string, double?: string) => single ?? value(double ?? part),
    ),
  );
}

/** What `curl` would send, by the few options that the guide uses. */
function requestOf(command: string) {
  const [program, ...words] = wordsOf(command);
  const headers: [string, string][] = [];
  let [url, method, body]: [string, string | undefined, string | undefined] = [
    '',
    undefined,
    undefined,
  ];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '-s') continue;
    if (!word.startsWith('-')) url = word;
    else {
      const argument = words[(at += 1)] ?? '';
      if (word === '-H') headers.push(argument.split(': ', 2) as [string, string]);
      else if (word === '-X') method = argument;
      else if (word === '-d') body = argument;
      else throw new Error(`curl: got ${word}, expected -s, -H, -X or -d`);
    }
  }
  expect(program).toBe('curl');
  return { url, method: method ?? (body === undefined ? 'GET' : 'POST'), headers, body };
}

const commands = blocks('sh').flatMap((block) =>
  block
    .replaceAll('\\\n', ' ')
    .split(/\n(?=curl)/)
    .map((command) => command.trim()),
);

describe('the guide to the gateway', () => {
  it.each(commands)('%s', async (command) => {
    const { url, body, ...request } = requestOf(command);
    const reply = await fetch(url, { ...request, ...(body !== undefined && { body }) });
    const text = await reply.text();

    expect([command, reply.status, reply.ok ? '' : text]).toEqual([
      ...[command, request.method === 'DELETE' ? 204 : 200, ''],
    ]);
    if (request.method !== 'POST') return;
    const made = JSON.parse(text) as { readonly tenant?: string; readonly id?: string };
    if (url.endsWith('/admin/tenants')) known['TENANT'] = made.tenant ?? '';
    if (url.endsWith('/keys')) known['KEY_ID'] = made.id ?? '';
    if (url.endsWith('/admin/operators')) known['OPERATOR_ID'] = made.id ?? '';
  });

  it.each(blocks('js').map((code) => [/from '([^']+)'/.exec(code)?.[1] ?? '', code]))(
    'points %s at it',
    async (_client, code) => {
      const child = spawn(process.execPath, ['--input-type=module', '-e', code], {
        cwd: CHECKOUT,
        env: { ...process.env, ...known },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const { code: exit, stdout, stderr } = await listen(child);

      expect([exit, exit === 0 ? '' : stderr]).toEqual([0, '']);
      expect(stdout.trim()).not.toBe('');
      expect(stdout.trim()).not.toBe('undefined');
    },
  );

  it('has something to run', () => {
    expect([commands.length, blocks('js').length]).toEqual([23, 5]);
  });
});
