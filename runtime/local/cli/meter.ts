import { formatInstant, isInstant } from '../../../domain/instant.ts';
import type { Summary } from '../../../handlers/metering/summarise.ts';
import { openDataFolder } from '../data-folder.ts';
import { meter } from '../meter.ts';
import type { Force, MeterResult } from '../meter.ts';
import { EXIT, UsageError, instantOf, optional, readArgs, required } from './command.ts';
import type { Command, Options } from './command.ts';
import { note, printLine } from './output.ts';
import { showProgress } from './progress.ts';

/** Worker threads for the reading of windows; the machine we tune for has two cores. */
export const METER_WORKERS = 2;

/** Figures of a metering for people and programs. */
export function meterFigures({ executions, failure }: MeterResult) {
  const summaries = executions.flatMap(({ output }) => (output ? [output as Summary] : []));
  const sealed = summaries.reduce((sum, { planned }) => sum + planned, 0);
  return {
    tied: failure === null,
    executions: executions.length,
    windows: failure === null ? sealed : null,
    late: summaries.reduce((sum, { late }) => sum + late, 0),
    suspended: summaries.reduce((sum, { suspended }) => sum + suspended, 0),
    checkpoint: summaries.at(-1)?.checkpoint ?? null,
    failure,
  };
}

export const meterCommand: Command = {
  name: 'meter',
  summary: 'run the metering workflow until no closed window is left',
  usage: '--data DIR [--now ISO] [--force WINDOW --reason TEXT --by NAME]',
  help: [
    '--now     the instant that counts as now; a window closes 15 minutes after its end',
    '--force   seal this window (start of the hour) although it does not tie; the break, the',
    '          reason and the name are written into the ledger',
    'Exits 1, naming the window and what differs, when one does not tie.',
  ],
  async run(args) {
    const { values } = readArgs(args, {
      data: { type: 'string' },
      now: { type: 'string' },
      force: { type: 'string' },
      reason: { type: 'string' },
      by: { type: 'string' },
    });
    const folder = openDataFolder(required(values, 'data'));
    const now = optional(values, 'now');
    const progress = showProgress('metering', 'windows');
    const result = await meter({
      folder,
      nowMs: now === undefined ? Date.now() : instantOf(now, 'now'),
      force: forceOf(values),
      workers: METER_WORKERS,
      onProgress: (done, planned) => {
        progress.update(Math.floor(done), planned);
      },
    });
    progress.stop();
    const figures = meterFigures(result);
    if (values['json']) printLine(JSON.stringify(figures, null, 2));
    else if (figures.tied) printLine(sentence(figures));
    if (result.failure) note(`metering stopped: ${result.failure.error}: ${result.failure.cause}`);
    return result.failure ? EXIT.failed : EXIT.fine;
  },
};

function sentence({ windows, late, suspended, checkpoint }: ReturnType<typeof meterFigures>) {
  const parts = [
    `${windows ?? 0} windows sealed`,
    ...(late > 0 ? [`${late} late lines`] : []),
    ...(suspended > 0 ? [`${suspended} reservations past their lease`] : []),
    checkpoint === null ? 'no ledger yet' : `checkpoint ${checkpoint}`,
  ];
  return parts.join(', ');
}

function forceOf(values: Options): Force | null {
  const window = optional(values, 'force');
  if (window === undefined) return null;
  const startMs = instantOf(window, 'force');
  const start = formatInstant(startMs);
  if (!isInstant(start) || startMs % 3_600_000 !== 0) {
    throw new UsageError(`--force: got ${window}, expected the start of a UTC hour`);
  }
  return { window: start, reason: required(values, 'reason'), by: required(values, 'by') };
}
