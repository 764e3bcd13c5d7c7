/**
 * `npm run test:aws [-- --optional] [jest arguments]`: installs the stand-ins for AWS, starts them, runs the
 * tests of `test/aws/` against them and stops them. Closes with "N passed, N failed".
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { testEnvironment } from './stand-ins/clients.ts';
import { missingCommands } from './stand-ins/install.ts';
import { NEEDED_COMMANDS, startDynamoDbLocal, startMoto } from './stand-ins/servers.ts';
import type { StandInServer } from './stand-ins/servers.ts';

const CHECKOUT = join(import.meta.dirname, '..', '..');
const OPTIONAL = '--optional';

interface JestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numRuntimeErrorTestSuites: number;
}

async function main(args: readonly string[]): Promise<number> {
  const missing = missingCommands(NEEDED_COMMANDS);
  if (missing.length > 0) {
    const optional = args.includes(OPTIONAL);
    process.stdout.write(
      `test:aws: ${optional ? 'skipped, ' : ''}this machine has no ${missing.join(', no ')}\n`,
    );
    return optional ? 0 : 1;
  }
  const servers: StandInServer[] = [];
  const started = async (server: Promise<StandInServer>) => {
    servers.push(await server);
    return servers.at(-1)?.url ?? '';
  };
  try {
    const urls = {
      dynamodb: await started(startDynamoDbLocal()),
      moto: await started(startMoto()),
    };
    return await runJest(
      args.filter((arg) => arg !== OPTIONAL),
      testEnvironment(urls),
    );
  } finally {
    await Promise.all(servers.map(({ stop }) => stop()));
  }
}

async function runJest(
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-test-aws-'));
  const report = join(folder, 'report.json');
  const guard = pathToFileURL(join(import.meta.dirname, 'stand-ins', 'loopback-only.ts')).href;
  const jest = spawn(
    process.execPath,
    [
      join(CHECKOUT, 'node_modules', 'jest', 'bin', 'jest.js'),
      ...['--config', join(CHECKOUT, 'jest.aws.config.cjs'), '--ci'],
      ...['--json', `--outputFile=${report}`, ...args],
    ],
    {
      cwd: CHECKOUT,
      // The JSON goes to the file as well: nobody reads a second copy.
      stdio: ['ignore', 'ignore', 'inherit'],
      // Child processes and worker threads are guarded too.
      env: { ...process.env, ...environment, NODE_OPTIONS: `--import=${guard}` },
    },
  );
  const interrupt = () => jest.kill('SIGINT');
  process.once('SIGINT', interrupt).once('SIGTERM', interrupt);
  const code = await new Promise<number | null>((resolve) => jest.once('exit', resolve));
  try {
    const counts = JSON.parse(readFileSync(report, 'utf8')) as JestReport;
    const failed = counts.numFailedTests + counts.numRuntimeErrorTestSuites;
    process.stdout.write(`${counts.numPassedTests} passed, ${failed} failed\n`);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  return code ?? 1;
}

process.exitCode = await main(process.argv.slice(2));
