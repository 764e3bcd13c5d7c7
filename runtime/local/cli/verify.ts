import { parseArgs } from 'node:util';
import { currentBuild } from '../metering-ports.ts';
import { recompute } from '../ledger/recompute.ts';
import type { Recomputed } from '../ledger/recompute.ts';
import { runVerify } from '../ledger/verify-command.ts';
import { EXIT } from './command.ts';
import type { Command } from './command.ts';
import { note } from './output.ts';

export const verifyCommand: Command = {
  name: 'verify',
  summary: 'check a ledger and every file it lists, offline',
  usage: 'LAKE --trust FILE [--checkpoint FILE]… [--recompute]',
  help: [
    '--trust       keys that may sign, by your own copy',
    '--checkpoint  proof of how far the ledger went, kept elsewhere; newer manifests are fine',
    '--recompute   also price the archived lines again and compare the bytes (to standard error)',
    'Exits 0 when all holds, 1 on any tampering, 2 without a checkpoint or trust file.',
  ],
  async run(args) {
    const again = args.includes('--recompute');
    const others = args.filter((arg) => arg !== '--recompute');
    const code = await runVerify(others);
    const lake = lakeOf(others);
    if (!again || code === EXIT.failed || code === EXIT.usage || lake === undefined) return code;
    const results = await recompute(lake, currentBuild().build_sha256);
    for (const result of results) note(sentence(result));
    if (results.some(({ verdict }) => verdict === 'differs')) return EXIT.failed;
    return results.some(({ verdict }) => verdict === 'other build') ? EXIT.incomplete : code;
  },
};

/** The folder among arguments that were found to be right, wherever it stands. */
function lakeOf(args: readonly string[]): string | undefined {
  const text = { type: 'string' } as const;
  const options = { trust: text, from: text, to: text, checkpoint: { ...text, multiple: true } };
  return parseArgs({ args: [...args], options, strict: false, allowPositionals: true })
    .positionals[0];
}

function sentence({ seq, window, verdict, missing }: Recomputed): string {
  const words = {
    same: 'recomputed to the same bytes',
    differs: `recomputes to other bytes: ${missing.join(', ')}`,
    'other build': 'sealed by another build; run that build to compare bytes',
  };
  return `manifest ${seq}, window ${window}: ${words[verdict]}`;
}
