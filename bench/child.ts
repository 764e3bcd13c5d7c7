import { spawn } from 'node:child_process';
import { performance } from 'node:perf_hooks';

/** What one fresh process came to. */
export interface Run {
  /** From its start to its end, as a person would wait for it. */
  readonly seconds: number;
  /** The most memory it held. */
  readonly rssBytes: number;
  /** Whatever else the process reported. */
  readonly report: Readonly<Record<string, unknown>>;
}

/** A peer that ended badly; its last words are the message. */
export class PeerFailed extends Error {
  override readonly name = 'PeerFailed';
}

const LAST_WORDS = 600;

/** Runs a program that reports one line of JSON with `rssBytes` at the end of its output. */
export async function runFresh(command: string, args: readonly string[]): Promise<Run> {
  const started = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (err = (err + chunk.toString()).slice(-LAST_WORDS)));
  const code = await new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const seconds = (performance.now() - started) / 1000;
  if (code !== 0) throw new PeerFailed(`${command} ${args.join(' ')}: exit ${code}\n${err}`);
  const report = JSON.parse(out.trim().split('\n').at(-1) ?? '{}') as Run['report'];
  return { seconds, rssBytes: Number(report['rssBytes'] ?? 0), report };
}

/** Runs a TypeScript file of this folder under the Node that runs this. */
export function runScript(
  script: string,
  args: readonly string[],
  nodeOptions: readonly string[] = [],
): Promise<Run> {
  return runFresh(process.execPath, [...nodeOptions, `${import.meta.dirname}/${script}`, ...args]);
}
