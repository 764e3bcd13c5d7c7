import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pc from 'picocolors';
import { VERDICT_EXIT } from '../../../domain/ledger/finding.ts';
import { checkpointName } from '../../../domain/ledger/checkpoint.ts';
import type { Manifest } from '../../../domain/ledger/manifest.ts';
import { decodePriceBook } from '../../../pricing/price-book-json.ts';
import { openDataFolder } from '../data-folder.ts';
import type { DataFolder } from '../data-folder.ts';
import { meter } from '../meter.ts';
import type { MeterResult } from '../meter.ts';
import { CHECKOUT } from '../metering-ports.ts';
import { simulate } from '../simulation/simulate.ts';
import type { SimulateResult } from '../simulation/simulate.ts';
import { printReport, verifyLake } from '../ledger/verify-command.ts';
import { EXIT, UsageError, optional, readArgs } from './command.ts';
import { controlTotals, exceptions, manifestsOf } from './control-totals.ts';
import { METER_WORKERS } from './meter.ts';
import { note, printLine, tableText } from './output.ts';
import { showProgress } from './progress.ts';
import { report, reportTable, tenantNames } from './report.ts';
import { serveForeground } from './serve.ts';

const DATA = join(CHECKOUT, '.tollbook');
const TRACES = ['code', 'conv'].map((name) =>
  join(CHECKOUT, 'fixtures', 'traces', `AzureLLMInferenceTrace_${name}.csv`),
);
/** Written when the replay is whole; a folder without it is started over. */
const REPLAYED = 'replayed.json';

/** `npm start`: meters a real production trace on this machine, shows the bill, then serves. */
export async function start(args: readonly string[]): Promise<number> {
  try {
    const { values } = readArgs(args, {
      once: { type: 'boolean' },
      fresh: { type: 'boolean' },
      data: { type: 'string' },
      port: { type: 'string' },
    });
    const data = optional(values, 'data') ?? DATA;
    const tied = await showBill(data, values['fresh'] === true);
    if (values['once']) return tied ? EXIT.fine : EXIT.failed;
    const port = Number(optional(values, 'port') ?? '8080');
    return await serveForeground({ data, port, json: false });
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    note(`${error.message}\nusage: npm start -- [--once] [--fresh] [--data DIR] [--port 8080]`);
    return EXIT.usage;
  }
}

async function showBill(data: string, fresh: boolean): Promise<boolean> {
  const replayed = await replay(data, fresh);
  const folder = openDataFolder(data);
  const metered = await meterAll(folder);
  const manifests = await manifestsOf(folder.lake);
  await printBill(folder, manifests);
  printControls(manifests, replayed);
  const verified = await printVerdict(folder, manifests.length);
  if (metered.failure) {
    note(pc.red(`metering stopped: ${metered.failure.error}: ${metered.failure.cause}`));
  }
  return metered.failure === null && verified;
}

async function replay(data: string, fresh: boolean): Promise<SimulateResult> {
  const marker = join(data, REPLAYED);
  if (fresh || (existsSync(data) && !existsSync(marker))) {
    rmSync(data, { recursive: true, force: true });
  }
  if (existsSync(marker)) return JSON.parse(readFileSync(marker, 'utf8')) as SimulateResult;
  const progress = showProgress('replaying two traces', 'calls');
  const result = await simulate({
    ...{ data, traces: TRACES, seed: '1', faults: true, onProgress: progress.update },
  });
  progress.stop();
  writeFileSync(marker, JSON.stringify(result));
  return result;
}

async function meterAll(folder: DataFolder): Promise<MeterResult> {
  const progress = showProgress('metering', 'windows');
  const result = await meter({
    folder,
    nowMs: Date.now(),
    workers: METER_WORKERS,
    onProgress: (done, planned) => {
      progress.update(Math.floor(done), planned);
    },
  });
  progress.stop();
  return result;
}

async function printBill(folder: DataFolder, manifests: readonly Manifest[]): Promise<void> {
  const bill = await report({ lake: folder.lake, by: ['tenant', 'model'] });
  printLine(`\n${pc.bold('The bill')}, per tenant and model, not rounded`);
  printLine(reportTable(bill, await tenantNames(folder.store)));
  printLine(bookSentence(folder, manifests.at(-1)));
}

/** Which prices were used and what they are worth. */
function bookSentence(folder: DataFolder, manifest: Manifest | undefined): string {
  if (!manifest) return '';
  const { path, sha256 } = manifest.statement.price_book;
  const book = decodePriceBook(readFileSync(join(folder.lake, path), 'utf8'));
  const name = `price book ${sha256.slice(0, 16)}`;
  const published = book.offers.map(({ offer, publication }) => `${offer} ${publication ?? ''}`);
  return book.dated === 'recorded'
    ? pc.yellow(
        `${name}: from recorded pages that are partly reconstructed; a demonstration, not AWS's list`,
      )
    : `${name}: ${published.join(', ')}`;
}

function printControls(manifests: readonly Manifest[], { bedrock }: SimulateResult): void {
  const totals = controlTotals(manifests);
  const { tokens } = bedrock;
  const own = [tokens.input, tokens.cache_read, tokens.cache_write_5m, tokens.cache_write_1h];
  const first = [
    'the simulated Bedrock itself',
    ...[bedrock.calls, ...own, tokens.output].map(String),
    '',
  ];
  printLine(`\n${pc.bold('Control totals')}, the same calls at every stage`);
  printLine(tableText({ ...totals, rows: [first, ...totals.rows] }));
  printLine(`${exceptions(manifests).join('; ')}.`);
}

async function printVerdict(folder: DataFolder, windows: number): Promise<boolean> {
  const checkpoint = join(folder.checkpoints, checkpointName(windows));
  const verdict = await verifyLake({
    lake: folder.lake,
    trustFile: folder.trust,
    checkpointFiles: existsSync(checkpoint) ? [checkpoint] : [],
  });
  const ok = VERDICT_EXIT[verdict.verdict] === EXIT.fine;
  printLine(`\n${pc.bold('Ledger')}: ${windows} windows sealed`);
  printLine((ok ? pc.green : pc.red)(printReport(verdict).trimEnd()));
  return ok;
}
