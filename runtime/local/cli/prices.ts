import { UsageError } from './command.ts';
import type { Command } from './command.ts';
import { buildCommand } from './prices-build.ts';
import { coverageCommand } from './prices-coverage.ts';
import { diffCommand } from './prices-diff.ts';
import { explainCommand } from './prices-explain.ts';
import { lookupCommand } from './prices-lookup.ts';
import { overrideCommand } from './prices-override.ts';
import { showCommand } from './prices-show.ts';
import { updateCommand } from './prices-update.ts';

const COMMANDS: readonly Command[] = [
  buildCommand,
  showCommand,
  coverageCommand,
  diffCommand,
  explainCommand,
  lookupCommand,
  overrideCommand,
  updateCommand,
];

const NAMES = COMMANDS.map(({ name }) => name).join('|');

export const pricesCommand: Command = {
  name: 'prices',
  summary: 'build price books and ask them',
  usage: `${NAMES} …`,
  help: [
    ...COMMANDS.flatMap(({ name, summary, usage, help }) => [
      `${name} ${usage}`,
      `    ${summary}`,
      ...help.map((line) => `    ${line}`),
    ]),
    'Without --book and --data the recorded pages of fixtures/ are asked. Unpriced is an answer.',
  ],
  async run([name, ...rest]) {
    const command = COMMANDS.find((each) => each.name === name);
    if (!command) throw new UsageError(`got ${name ?? 'nothing'}, expected one of ${NAMES}`);
    try {
      return await command.run(rest);
    } catch (error) {
      if (!(error instanceof UsageError)) throw error;
      throw new UsageError(
        `${error.message}\nusage: tollbook prices ${command.name} ${command.usage}`,
      );
    }
  },
};
