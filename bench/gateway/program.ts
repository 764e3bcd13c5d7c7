import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';

/** A server that runs for the bench. */
export interface Program {
  readonly port: number;
  readonly pid: number;
  /** Whatever else it said of itself. */
  readonly told: Readonly<Record<string, unknown>>;
  stop(): Promise<void>;
}

/** Linux keeps programs on a core where it is asked to. */
const CAN_PIN = spawnSync('taskset', ['-c', '0', 'true']).status === 0;
const TICKS_PER_SECOND = 100;

/** Keeps a running process on one core, if the system can. @returns whether it can. */
export function pin(pid: number, core: number): boolean {
  return CAN_PIN && spawnSync('taskset', ['-cp', String(core), String(pid)]).status === 0;
}

export interface ProgramWanted {
  readonly command: string;
  readonly args: readonly string[];
  /** Which core it is kept on. */
  readonly core: number | 'any';
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** Where it listens; without it, the program says so itself in a line of JSON. */
  readonly port?: number;
}

/** Starts a program on a core. @throws Error where it ends before it serves. */
export async function startProgram(wanted: ProgramWanted): Promise<Program> {
  const { command, args, core, env, cwd, port } = wanted;
  const line =
    CAN_PIN && core !== 'any'
      ? ['taskset', '-c', String(core), command, ...args]
      : [command, ...args];
  const [first = '', ...rest] = line;
  const child = spawn(first, rest, {
    ...{ stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } },
    ...(cwd !== undefined && { cwd }),
  });
  let words = '';
  child.stderr.on('data', (chunk: Buffer) => (words = (words + chunk.toString()).slice(-400)));
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject);
    child.once('close', (code) => {
      reject(new Error(`${command}: ended with ${String(code)}: ${words}`));
    });
  });
  ended.catch(() => undefined);
  const ready = port === undefined ? firstLine(child) : answering(child, port);
  const told = await Promise.race([ready, ended]);
  return { port: Number(told.port), pid: child.pid ?? 0, told, stop: () => stop(child) };
}

async function stop(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const closed = new Promise((resolve) => child.once('close', resolve));
  child.kill('SIGTERM');
  const timer = setTimeout(() => child.kill('SIGKILL'), 5_000);
  await closed;
  clearTimeout(timer);
}

async function firstLine(child: ChildProcess): Promise<Readonly<Record<string, unknown>>> {
  let text = '';
  for await (const chunk of child.stdout ?? []) {
    text += String(chunk);
    if (text.includes('\n')) break;
  }
  child.stdout?.resume();
  return JSON.parse(text) as Readonly<Record<string, unknown>>;
}

const PATIENCE_MS = 120_000;

async function answering(child: ChildProcess, port: number) {
  child.stdout?.resume();
  const endMs = Date.now() + PATIENCE_MS;
  while (Date.now() < endMs) {
    try {
      await fetch(`http://127.0.0.1:${port}/`);
      return { port };
    } catch {
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
  }
  throw new Error(`port ${port}: nobody answered in ${PATIENCE_MS} ms`);
}

/** CPU seconds that a program and those it started have used; 0 where the system does not say. */
export function cpuSeconds(pid: number): number {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    const own = (Number(fields[11]) + Number(fields[12])) / TICKS_PER_SECOND;
    return childrenOf(pid).reduce((sum, child) => sum + cpuSeconds(child), own);
  } catch {
    return 0;
  }
}

/** Memory that a program and those it started hold, in bytes; 0 where the system does not say. */
export function memoryBytes(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    const own = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
    return childrenOf(pid).reduce((sum, child) => sum + memoryBytes(child), own);
  } catch {
    return 0;
  }
}

function childrenOf(pid: number): readonly number[] {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) =>
    readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8')
      .split(' ')
      .filter((id) => id !== '')
      .map(Number),
  );
}
