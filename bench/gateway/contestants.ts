import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { liteLlmOf, portkeyOf } from './peers.ts';
import { startProgram } from './program.ts';
import type { Program } from './program.ts';

/** Who stands between the generator and the upstream. */
export interface Contestant {
  readonly name: string;
  /** Null where nothing stands between. */
  readonly program: Program | null;
  readonly port: number;
  /** The request of a chat, whole or streamed. */
  request(stream: boolean): Buffer;
}

export const GATEWAY_CORE = 1;
export const OTHER_CORE = 0;
const MODEL = 'amazon.nova-2-lite-v1:0';
const TOLLBOOK_MODES = [
  ['Tollbook (a) proxy only', 'proxy'],
  ['Tollbook (b) auth, policy, metering', 'metered'],
  ['Tollbook (c) all, durable', 'durable'],
] as const;

const script = (name: string) => join(import.meta.dirname, name);

/** The model in no time behind them all. */
export function startUpstream(): Promise<Program> {
  const args = [script('upstream.ts')];
  return startProgram({ command: process.execPath, args, core: OTHER_CORE });
}

/** Starts everybody who can be had; says who cannot. */
export async function startContestants(
  upstream: Program,
  tell: (text: string) => void,
): Promise<readonly Contestant[]> {
  const { port } = upstream;
  const node = { command: process.execPath, core: GATEWAY_CORE };
  const bare = await startProgram({ ...node, args: [script('bare-proxy.ts'), String(port)] });
  const all = [contestant('direct', null, { port }), contestant('bare node:http proxy', bare, {})];
  for (const peer of [startPortkey, startLiteLlm]) {
    try {
      const started = await peer(port, tell);
      if (started) all.push(started);
    } catch (error) {
      tell(`a peer is left out: ${(error as Error).message}`);
    }
  }
  for (const [name, mode] of TOLLBOOK_MODES) {
    const args = [script('tollbook.ts'), mode, `http://127.0.0.1:${port}`];
    const program = await startProgram({ ...node, args });
    const headers = { authorization: `Bearer ${String(program.told['key'])}` };
    all.push(contestant(name, program, { headers }));
  }
  return all;
}

async function startPortkey(port: number, tell: (text: string) => void) {
  const start = portkeyOf(tell);
  if (start === null) return undefined;
  const own = await freePort();
  const program = await startProgram({
    ...{ command: process.execPath, core: GATEWAY_CORE, port: own },
    args: [start, `--port=${own}`, '--headless'],
  });
  const custom = `http://127.0.0.1:${port}/v1`;
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': custom };
  return contestant('Portkey', program, { headers: { ...headers, authorization: 'Bearer x' } });
}

async function startLiteLlm(port: number, tell: (text: string) => void) {
  const command = liteLlmOf(tell);
  if (command === null) return undefined;
  const own = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-bench-litellm-'));
  const file = join(folder, 'config.yaml');
  const params = `{ model: openai/m, api_base: "http://127.0.0.1:${port}/v1", api_key: x }`;
  writeFileSync(file, `model_list:\n  - model_name: "${MODEL}"\n    litellm_params: ${params}\n`);
  const key = `sk-${randomBytes(16).toString('hex')}`;
  const program = await startProgram({
    ...{ command, core: GATEWAY_CORE, port: own },
    args: ['--config', file, '--port', String(own), '--host', '127.0.0.1'],
    // It neither fetches prices nor sends anything home.
    env: { LITELLM_MASTER_KEY: key, LITELLM_LOCAL_MODEL_COST_MAP: 'True' },
  });
  return contestant('LiteLLM', program, { headers: { authorization: `Bearer ${key}` } });
}

interface Way {
  readonly port?: number;
  readonly headers?: Readonly<Record<string, string>>;
}

function contestant(name: string, program: Program | null, way: Way): Contestant {
  const port = way.port ?? program?.port ?? 0;
  return {
    ...{ name, program, port },
    request: (stream) => {
      const messages = [{ role: 'user', content: 'Say fifty words. '.repeat(6) }];
      const options = stream ? { stream, stream_options: { include_usage: true } } : {};
      const body = JSON.stringify({ model: MODEL, max_tokens: 100, messages, ...options });
      const headers = {
        ...{ host: `127.0.0.1:${port}`, 'content-type': 'application/json' },
        ...{ 'content-length': String(Buffer.byteLength(body)), ...way.headers },
      };
      const lines = Object.entries(headers).map(([header, value]) => `${header}: ${value}\r\n`);
      const head = `POST /v1/chat/completions HTTP/1.1\r\n${lines.join('')}\r\n`;
      return Buffer.from(head + body);
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}
