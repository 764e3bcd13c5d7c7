import { HOUR_MS } from '../../domain/instant.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import { keepCompiled } from '../../runtime/local/keep-compiled.ts';
import { START_MS } from '../invented-calls.ts';
import { peakRssBytes } from '../peak-rss.ts';

/** Meters a made data folder, as `tollbook meter` does: `tollbook.ts DIR WORKERS`. */
keepCompiled();
const { meter } = await import('../../runtime/local/meter.ts');
const [root = '', workers = '2'] = process.argv.slice(2);
const nowMs = START_MS + 48 * HOUR_MS;
const { failure, executions } = await meter({
  ...{ folder: openDataFolder(root), nowMs, workers: Number(workers) },
});
if (failure) throw new Error(`metering stopped: ${failure.error}: ${failure.cause}`);
process.stdout.write(
  `${JSON.stringify({ executions: executions.length, rssBytes: peakRssBytes() })}\n`,
);
