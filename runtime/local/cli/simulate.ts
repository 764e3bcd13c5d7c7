import { formatInstant } from '../../../domain/instant.ts';
import { simulate } from '../simulation/simulate.ts';
import { EXIT, UsageError, oneOf, optional, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { printLine } from './output.ts';
import { showProgress } from './progress.ts';

export const simulateCommand: Command = {
  name: 'simulate',
  summary: 'replay request traces through the invoke path into a data folder',
  usage: '--data DIR --trace FILE... [--seed N] [--faults on|off]',
  help: [
    '--trace   Azure CSV (TIMESTAMP,ContextTokens,GeneratedTokens) or JSON lines (timestamp,',
    '          input_length, output_length, perhaps hash_ids); may be given more than once',
    '--seed    fixes tenants, keys, ids and what docs/simulation.md assigns (default 1)',
    '--faults  off: every row is one successful call of exactly its tokens (default on)',
  ],
  async run(args) {
    const { values, positionals } = readArgs(args, {
      data: { type: 'string' },
      trace: { type: 'string', multiple: true },
      seed: { type: 'string' },
      faults: { type: 'string' },
    });
    const given = values['trace'];
    const traces = [...(Array.isArray(given) ? (given as string[]) : []), ...positionals];
    if (traces.length === 0) throw new UsageError('--trace is missing');
    const progress = showProgress('replaying calls', 'calls');
    const result = await simulate({
      data: required(values, 'data'),
      traces,
      seed: optional(values, 'seed') ?? '1',
      faults: oneOf(values, 'faults', ['on', 'off']) === 'on',
      onProgress: progress.update,
    });
    progress.stop();
    const { calls, firstMs, lastMs, bedrock } = result;
    const span = { first: formatInstant(firstMs), last: formatInstant(lastMs) };
    if (values['json']) printLine(JSON.stringify({ calls, ...span, bedrock }, null, 2));
    else printLine(`${calls} calls replayed, ${span.first} to ${span.last}`);
    return EXIT.fine;
  },
};
