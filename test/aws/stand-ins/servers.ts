import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { mavenJars, pythonWith } from './install.ts';

const STARTS_WITHIN_MS = 60_000;

/** Commands without which the servers cannot be. */
export const NEEDED_COMMANDS = ['java', 'mvn', 'python3'] as const;

/** A server of another language, on a free port of the loopback. */
export interface StandInServer {
  readonly url: string;
  stop(): Promise<void>;
}

/** A server ended, or said nothing, before it listened. */
export class ServerNotStarted extends Error {
  override readonly name = 'ServerNotStarted';
}

/** AWS's own DynamoDB Local, in memory. Installed by Maven the first time. */
export function startDynamoDbLocal(): Promise<StandInServer> {
  const folder = join(import.meta.dirname, 'dynamodb-local');
  const jars = mavenJars(join(folder, 'pom.xml'));
  return startServer('java', [
    ...[`-Djava.library.path=${jars}`, '-cp', join(jars, '*')],
    join(folder, 'LoopbackDynamoDb.java'),
    ...['-inMemory', '-port', '8000', '-disableTelemetry'],
  ]);
}

/** Moto, which plays S3, Glue, SNS, Secrets Manager and others. Installed by pip the first time. */
export function startMoto(): Promise<StandInServer> {
  const folder = join(import.meta.dirname, 'moto');
  const python = pythonWith(join(folder, 'requirements.txt'));
  return startServer(python, [join(folder, 'serve.py')]);
}

/** Starts a program that prints `port N` once it listens. */
async function startServer(command: string, args: readonly string[]): Promise<StandInServer> {
  const child = spawn(command, args, {
    env: { ...process.env, AWS_REGION: 'us-east-1' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const stop = () => stopped(child);
  try {
    return { url: `http://127.0.0.1:${await portOf(child, command)}`, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

function portOf(child: ChildProcess, command: string): Promise<number> {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => {
    said = `${said}${chunk.toString()}`.slice(-2000);
  });
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      reject(new ServerNotStarted(`${command}: ${why}: ${said}`));
    };
    const timer = setTimeout(() => {
      fail(`did not listen within ${STARTS_WITHIN_MS} ms`);
    }, STARTS_WITHIN_MS);
    child.once('error', (error) => {
      fail(error.message);
    });
    child.once('exit', (code) => {
      fail(`ended with ${String(code)} before it listened`);
    });
    // Read to the end: a full pipe would stop the server.
    createInterface({ input: child.stdout! }).on('line', (line) => {
      const [, port] = /^port (\d+)$/.exec(line) ?? [];
      if (port === undefined) return;
      clearTimeout(timer);
      resolve(Number(port));
    });
  });
}

async function stopped(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGKILL');
  await gone;
}
