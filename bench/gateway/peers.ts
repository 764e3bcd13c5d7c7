import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/** Where peers are installed, once: they are no dependencies of ours. */
const CACHE = resolve(import.meta.dirname, '../../.cache/bench-gateway');
const PORTKEY = '1.15.2';
/** With later ones, every stream of that gateway answers 500. */
const HONO_NODE_SERVER = '1.14.1';
const LITELLM = '1.106.2';
/** Written when a peer is whole. */
const COMPLETE = 'complete.txt';

type Tell = (text: string) => void;

/** The start script of Portkey's gateway; null where it cannot be had. */
export function portkeyOf(tell: Tell): string | null {
  const folder = join(CACHE, `portkey-${PORTKEY}`);
  const made = installed(folder, tell, () => {
    const wanted = {
      ...{ private: true, dependencies: { '@portkey-ai/gateway': PORTKEY } },
      overrides: { '@hono/node-server': HONO_NODE_SERVER },
    };
    writeFileSync(join(folder, 'package.json'), JSON.stringify(wanted));
    const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--prefix', folder];
    return run('npm', args, tell);
  });
  return made ? join(folder, 'node_modules/@portkey-ai/gateway/build/start-server.js') : null;
}

/** The program of LiteLLM's proxy; null where it cannot be had. */
export function liteLlmOf(tell: Tell): string | null {
  const folder = join(CACHE, `litellm-${LITELLM}`);
  const python = join(folder, 'bin', 'python');
  const made = installed(folder, tell, () => {
    const packages = ['-m', 'pip', 'install', '--quiet', `litellm[proxy]==${LITELLM}`];
    return run('python3', ['-m', 'venv', folder], tell) && run(python, packages, tell);
  });
  return made ? join(folder, 'bin', 'litellm') : null;
}

function installed(folder: string, tell: Tell, install: () => boolean): boolean {
  if (existsSync(join(folder, COMPLETE))) return true;
  mkdirSync(folder, { recursive: true });
  tell(`installing a peer in ${folder} (once)`);
  if (!install()) return false;
  writeFileSync(join(folder, COMPLETE), '');
  return true;
}

function run(command: string, args: readonly string[], tell: Tell): boolean {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (status === 0) return true;
  tell(`${command} ${args.join(' ')}: ${error?.message ?? stderr.trim().slice(-300)}`);
  return false;
}
