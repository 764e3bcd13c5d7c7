import type { ChildProcess } from 'node:child_process';
import { launch } from '../cli/tollbook.ts';

/** A program of ours that serves, and the JSON it said of itself. */
export interface Serving<Told> {
  readonly child: ChildProcess;
  readonly told: Told;
  /** What it wrote to standard error until now. */
  stderr(): string;
  /** Ends it by a signal. @returns its exit code, null where the signal ended it. */
  end(signal: 'SIGKILL' | 'SIGTERM'): Promise<number | null>;
}

export interface ServedGateway {
  readonly address: string;
  readonly key: string;
}

/** Starts `tollbook` with arguments and waits for its first line. @throws Error where it ends before. */
export async function startServing<Told>(args: readonly string[]): Promise<Serving<Told>> {
  const child = launch('tollbook', [...args, '--json']);
  let [out, err] = ['', ''];
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve));
  child.stderr?.on('data', (chunk: Buffer) => (err += chunk.toString()));
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      out += chunk.toString();
      if (out.includes('\n')) resolve(out);
    });
    void ended.then((code) => {
      reject(new Error(`tollbook ${args.join(' ')}: ended with ${String(code)}: ${err}`));
    });
  });
  return {
    child,
    told: JSON.parse(line) as Told,
    stderr: () => err,
    end: (signal) => {
      child.kill(signal);
      return ended;
    },
  };
}

/** `tollbook serve` over a data folder and an upstream. */
export function startGateway(data: string, upstream: string): Promise<Serving<ServedGateway>> {
  const args = ['serve', '--data', data, '--port', '0', '--upstream', upstream];
  return startServing<ServedGateway>(args);
}

/** A simulated Bedrock in a process of its own, which nobody kills. */
export function startBedrock(answerMs: number): Promise<Serving<{ readonly endpoint: string }>> {
  const args = ['simulate-bedrock', '--answer-ms', String(answerMs), '--keep-metadata'];
  return startServing<{ readonly endpoint: string }>(args);
}
