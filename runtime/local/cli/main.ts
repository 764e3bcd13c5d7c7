import { EXIT, UsageError } from './command.ts';
import type { Command } from './command.ts';
import { budgetsCommand } from './budgets.ts';
import { keysCommand } from './keys.ts';
import { meterCommand } from './meter.ts';
import { note, printLine } from './output.ts';
import { pricesCommand } from './prices.ts';
import { queryCommand } from './query.ts';
import { reportCommand } from './report.ts';
import { repriceCommand } from './reprice.ts';
import { serveCommand } from './serve.ts';
import { simulateBedrockCommand } from './simulate-bedrock.ts';
import { simulateCommand } from './simulate.ts';
import { traceCommand } from './trace.ts';
import { modelsCommand } from './models.ts';
import { operatorsCommand } from './operators.ts';
import { policiesCommand } from './policies.ts';
import { tenantsCommand } from './tenants.ts';
import { verifyCommand } from './verify.ts';

const COMMANDS: readonly Command[] = [
  simulateCommand,
  simulateBedrockCommand,
  meterCommand,
  reportCommand,
  queryCommand,
  verifyCommand,
  traceCommand,
  pricesCommand,
  repriceCommand,
  serveCommand,
  tenantsCommand,
  keysCommand,
  policiesCommand,
  budgetsCommand,
  operatorsCommand,
  modelsCommand,
];

/** Runs `tollbook` with its arguments. @returns the exit code. */
export async function main(args: readonly string[]): Promise<number> {
  const [name, ...rest] = args;
  if (name === undefined) {
    note(overview());
    return EXIT.usage;
  }
  if (name === '--help' || name === 'help') {
    printLine(overview());
    return EXIT.fine;
  }
  const command = COMMANDS.find((each) => each.name === name);
  if (!command) {
    note(`tollbook: got ${name}, expected one of ${COMMANDS.map((each) => each.name).join(', ')}`);
    return EXIT.usage;
  }
  if (rest.includes('--help')) {
    printLine(helpOf(command));
    return EXIT.fine;
  }
  try {
    return await command.run(rest);
  } catch (error) {
    return explain(command, error);
  }
}

function explain(command: Command, error: unknown): number {
  if (error instanceof UsageError) {
    note(
      `tollbook ${command.name}: ${error.message}\nusage: tollbook ${command.name} ${command.usage}`,
    );
    return EXIT.usage;
  }
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  note(`tollbook ${command.name}: ${name}: ${message}`);
  if (process.env['TOLLBOOK_DEBUG'] !== undefined && error instanceof Error)
    note(error.stack ?? '');
  return EXIT.failed;
}

function overview(): string {
  const lines = COMMANDS.map(({ name, summary }) => `  ${name.padEnd(16)} ${summary}`);
  return [
    'tollbook: metered, priced and provable cost of model calls',
    '',
    'usage: tollbook COMMAND …   (each command has --help and --json)',
    '',
    ...lines,
    '',
    'exit codes: 0 fine, 1 the check failed, 2 incomplete evidence, 3 usage error',
  ].join('\n');
}

function helpOf({ name, summary, usage, help }: Command): string {
  const options = [
    ...help,
    '--json    one JSON document on standard output',
    '--help    this text',
  ];
  return [
    `tollbook ${name}: ${summary}`,
    '',
    `usage: tollbook ${name} ${usage}`,
    '',
    ...options.map((line) => `  ${line}`),
  ].join('\n');
}
