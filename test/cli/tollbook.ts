import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { resolve } from 'node:path';

/** What a command said and how it ended. */
export interface Said {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
  /** Standard output as bytes. */
  readonly bytes: Buffer;
}

const CHECKOUT = resolve(import.meta.dirname, '../..');

/** Starts a program of `bin/` as a user would, on this test's Node. */
export function launch(
  program: 'tollbook' | 'start',
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): ChildProcess {
  return spawn(process.execPath, [`bin/${program}.ts`, ...args], {
    cwd: CHECKOUT,
    env: { ...process.env, NO_COLOR: '1', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

/** What a program says until it ends. */
export function listen(child: ChildProcess): Promise<Said> {
  const [out, err]: Buffer[][] = [[], []];
  child.stdout?.on('data', (chunk: Buffer) => out!.push(chunk));
  child.stderr?.on('data', (chunk: Buffer) => err!.push(chunk));
  return new Promise((done, failed) => {
    child.on('error', failed);
    child.on('close', (code) => {
      const bytes = Buffer.concat(out!);
      done({ code, bytes, stdout: bytes.toString(), stderr: Buffer.concat(err!).toString() });
    });
  });
}

/** Runs `tollbook` with these arguments to its end. */
export function tollbook(...args: readonly string[]): Promise<Said> {
  return listen(launch('tollbook', args));
}

/** The JSON document that a command printed. */
export function jsonOf({ stdout }: Said): unknown {
  return JSON.parse(stdout);
}
