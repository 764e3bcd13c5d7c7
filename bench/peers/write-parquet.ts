import { rmSync, statSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { USAGE_TABLE } from '../../domain/lake.ts';
import type { TableRow } from '../../domain/lake.ts';
import { openUsageRows } from '../parquet-rows.ts';
import { WRITERS } from '../parquet-writers.ts';
import { peakRssBytes } from '../peak-rss.ts';

/**
 * Writes usage rows with one writer in a fresh process; the making of the rows is not counted.
 * `write-parquet.ts WRITER ROWS FILE`; without a writer only the rows are made.
 */
const [name = '', rows = '100000', file = ''] = process.argv.slice(2);
const rowsOf = await openUsageRows();
let making = 0;

/** Stops the clock while rows are made. */
function* timedChunks(): Generator<TableRow[]> {
  const source = rowsOf(Number(rows));
  for (;;) {
    const started = performance.now();
    const next = source.next();
    making += performance.now() - started;
    if (next.done) return;
    yield next.value;
  }
}

const writer = WRITERS[name];
const started = performance.now();
if (writer) await writer({ schema: USAGE_TABLE, chunks: timedChunks(), file });
else for (const _ of timedChunks());
const writing = performance.now() - started - making;
const bytes = writer ? statSync(file).size : 0;
rmSync(file, { force: true });
process.stdout.write(
  `${JSON.stringify({ writingSeconds: writing / 1000, bytes, rssBytes: peakRssBytes() })}\n`,
);
