import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { missingCommands } from './aws/stand-ins/install.ts';
import type { StandInServer } from './aws/stand-ins/servers.ts';

const CHECKOUT = join(import.meta.dirname, '..');
const OPTIONAL = '--optional';

/** Tests that need servers of another language. */
export interface StandInRun {
  /** As `npm run` knows it. */
  readonly name: string;
  readonly commands: readonly string[];
  /** Jest's configuration, in the checkout. */
  readonly config: string;
  /** Starts the servers, `keep`ing each as soon as it is there. @returns what tells the tests of them. */
  readonly start: (
    keep: <T extends StandInServer>(server: T) => T,
  ) => Promise<Readonly<Record<string, string>>>;
}

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

/**
 * Starts the servers, runs the tests against them and stops them, however the tests end. Closes with
 * "N passed, N failed". With `--optional`, a machine without one of the commands is no failure; other
 * arguments are jest's.
 *
 * @returns the exit code.
 */
export async function runAgainstStandIns(run: StandInRun, args: readonly string[]) {
  const missing = missingCommands(run.commands);
  if (missing.length > 0) {
    const optional = args.includes(OPTIONAL);
    process.stdout.write(
      `${run.name}: ${optional ? 'skipped, ' : ''}this machine has no ${missing.join(', no ')}\n`,
    );
    return optional ? 0 : 1;
  }
  const servers: StandInServer[] = [];
  // From here on, who ends us early still has the servers stopped.
  const interruption = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      interruption.abort(signal);
    });
  }
  try {
    const environment = await run.start((server) => {
      servers.push(server);
      return server;
    });
    interruption.signal.throwIfAborted();
    const others = args.filter((arg) => arg !== OPTIONAL);
    const all = ['--config', join(CHECKOUT, run.config), ...others];
    return await runJest(all, environment, interruption.signal);
  } catch (error) {
    process.stderr.write(`${run.name}: ${(error as Error).stack ?? String(error)}\n`);
    process.stdout.write('0 passed, 1 failed\n');
    return 1;
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
  }
}

async function runJest(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-stand-ins-'));
  const report = join(folder, 'report.json');
  const guard = join(import.meta.dirname, 'aws', 'stand-ins', 'loopback-only.ts');
  try {
    const jest = spawn(
      process.execPath,
      [
        join(CHECKOUT, 'node_modules', 'jest', 'bin', 'jest.js'),
        ...['--ci', '--json', `--outputFile=${report}`, ...args],
      ],
      {
        cwd: CHECKOUT,
        // The JSON goes to the file as well: nobody reads a second copy.
        stdio: ['ignore', 'ignore', 'inherit'],
        ...{ signal, killSignal: 'SIGINT' },
        // Child processes and worker threads are guarded too.
        env: {
          ...process.env,
          ...environment,
          NODE_OPTIONS: `--import=${pathToFileURL(guard).href}`,
        },
      },
    );
    const code = await new Promise<number | null>((resolve, reject) => {
      // An interruption is told here first, while jest still ends.
      jest.once('error', (error) => {
        if (!signal.aborted) reject(error);
      });
      jest.once('exit', resolve);
    });
    signal.throwIfAborted();
    const counts = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
    process.stdout.write(`${counts.numPassedTests} passed, ${failed} failed\n`);
    return code ?? 1;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
