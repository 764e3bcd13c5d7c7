import { DatabaseSync } from 'node:sqlite';
import { createWriteStream, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { finished } from 'node:stream/promises';
import { formatInstant, HOUR_MS, hourOf } from '../domain/instant.ts';
import { formatUsd } from '../domain/money.ts';
import { encodeUsageLine } from '../domain/usage-line.ts';
import type { LineMac } from '../domain/usage-line.ts';
import { LONGEST_CALL_MS } from '../domain/window.ts';
import { createAddTenant, createIssueKey } from '../handlers/admin/issue-key.ts';
import { createBookReader } from '../handlers/prices/price-books.ts';
import { openDataFolder } from '../runtime/local/data-folder.ts';
import type { DataFolder } from '../runtime/local/data-folder.ts';
import { createFolderObjects } from '../runtime/local/lake/folder-objects.ts';
import { journalFileOf } from '../runtime/local/journal/journal.ts';
import { ensurePriceBook } from '../runtime/local/meter.ts';
import { TENANTS } from '../runtime/local/simulation/assignment.ts';
import { createSeededRandom } from '../runtime/local/simulation/random.ts';
import { createSqliteStore } from '../runtime/local/sqlite/sqlite-store.ts';
import { nodeCodec } from '../runtime/node/codec.ts';
import { createLineMac } from '../runtime/node/line-mac.ts';
import { parquetTables } from '../runtime/node/parquet-tables.ts';
import { START_MS, createCalls, createOracle, priceListOf } from './invented-calls.ts';
import type { Call, Expected, KeyHolder } from './invented-calls.ts';

/** What a made data folder holds; kept in it as `bench.json`. */
export interface MadeJournal {
  readonly rows: number;
  readonly windows: number;
  readonly seed: string;
  /** Bytes of all journal files. */
  readonly bytes: number;
  readonly expected: Expected;
}

const WINDOWS = 24;
/** One line in so many is written twice, as an at-least-once log does. */
const DOUBLED_EVERY = 100;

/**
 * Fills a data folder with what a day of calls leaves behind: tenants, keys, price book, settled
 * reservations with their lines, and the journal. Real lines under real MACs, deterministic by seed;
 * only the gateway is left out, so that a million calls take seconds.
 */
export async function makeJournal(root: string, rows: number, seed: string): Promise<MadeJournal> {
  const folder = openDataFolder(root, createSeededRandom(seed, 'keys'));
  const { keys, prices } = await furnish(folder, seed);
  const calls = createCalls({ seed, keys, prices });
  const oracle = createOracle(prices);
  const reservations = openReservations(folder.store);
  const journal = openJournalWriter(folder, createLineMac(folder.macKey));
  for (let window = 0; window < WINDOWS; window += 1) {
    const count =
      Math.floor(((window + 1) * rows) / WINDOWS) - Math.floor((window * rows) / WINDOWS);
    const made = calls.ofWindow(START_MS + window * HOUR_MS, count);
    for (const { event } of made) oracle.add(event);
    const lines = await journal.write(made);
    reservations.insert(made, lines);
  }
  const bytes = await journal.close();
  reservations.close();
  writeFileSync(join(root, 'prices.json'), JSON.stringify(priceListOf(prices), null, 1));
  const made = { rows, windows: WINDOWS, seed, bytes, expected: oracle.expected() };
  writeFileSync(join(root, 'bench.json'), JSON.stringify(made, null, 1));
  return made;
}

/** Tenants with one key per project, and the price book of the recorded pages. */
async function furnish(folder: DataFolder, seed: string) {
  const store = createSqliteStore({ file: folder.store, durability: 'system' });
  const objects = createFolderObjects(folder.lake);
  const ports = { store, objects, codec: nodeCodec, tables: parquetTables };
  const bookKey = await ensurePriceBook(ports);
  const { prices } = await createBookReader(ports).read(bookKey);
  const random = createSeededRandom(seed, 'directory');
  const clock = { now: () => START_MS };
  const made = { store, random, clock, actor: 'bench' };
  const addTenant = createAddTenant(made);
  const issueKey = createIssueKey({ ...made, secrets: folder.secrets });
  const keys = new Map<string, KeyHolder>();
  for (const [index, { name, costCenter, projects }] of TENANTS.entries()) {
    const tenant = await addTenant(name, costCenter);
    for (const project of projects) {
      const keyId = (await issueKey(tenant, { project })).keyId;
      keys.set(`${index}/${project}`, { tenant: tenant.tenant, costCenter, keyId, project });
    }
  }
  store.close();
  return { keys, prices };
}

/** Settled reservations, put into the store's own tables in one transaction per window. */
function openReservations(file: string) {
  const db = new DatabaseSync(file);
  db.exec('PRAGMA synchronous = OFF');
  const reserve = db.prepare(`INSERT INTO reservations VALUES (?, ?, ?, 'SETTLED', ?, ?)`);
  const settle = db.prepare('INSERT INTO settled_lines VALUES (?, ?, ?)');
  return {
    insert(calls: readonly Call[], lines: readonly string[]): void {
      db.exec('BEGIN');
      for (const [index, { event }] of calls.entries()) {
        const { id, attempt, tenant, reserved, admitted_ms: admittedMs } = event;
        const held = reserved === null ? null : formatUsd(reserved);
        reserve.run(id, attempt, tenant, held, admittedMs + LONGEST_CALL_MS);
        settle.run(id, attempt, lines[index] ?? '');
      }
      db.exec('COMMIT');
    },
    close: () => {
      db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
      db.close();
    },
  };
}

interface Emitted {
  readonly settledMs: number;
  readonly line: string;
}

/** Files by hour of emission, lines in its order; a long call's line lies in a later file. */
function openJournalWriter({ journal }: DataFolder, mac: LineMac) {
  mkdirSync(journal, { recursive: true });
  let waiting: Emitted[] = [];
  let written = 0;
  let bytes = 0;

  async function flush(beforeMs: number): Promise<void> {
    waiting.sort((a, b) => a.settledMs - b.settledMs);
    const byFile = Map.groupBy(
      waiting.filter(({ settledMs }) => settledMs < beforeMs),
      ({ settledMs }) => journalFileOf(settledMs),
    );
    waiting = waiting.filter(({ settledMs }) => settledMs >= beforeMs);
    for (const [name, emitted] of byFile) {
      const file = createWriteStream(join(journal, name), { flags: 'a', mode: 0o600 });
      const lines = emitted.flatMap(({ line }) => {
        written += 1;
        return written % DOUBLED_EVERY === 0 ? [line, line] : [line];
      });
      const text = Buffer.from(`${lines.join('\n')}\n`);
      bytes += text.length;
      file.end(text);
      await finished(file);
    }
  }

  return {
    /** Takes a window's calls, in the order of admission. @returns their lines. */
    async write(calls: readonly Call[]): Promise<string[]> {
      const lines = calls.map(({ event }) => encodeUsageLine(event, mac));
      for (const [index, { event }] of calls.entries()) {
        waiting.push({ settledMs: event.settled_ms, line: lines[index] ?? '' });
      }
      const last = calls.at(-1)?.event.admitted_ms ?? 0;
      await flush(hourOf(last) + HOUR_MS);
      return lines;
    },
    /** @returns bytes of the journal. */
    async close(): Promise<number> {
      await flush(Infinity);
      return bytes;
    },
  };
}

if (import.meta.main) {
  const [root, rows = '100000', seed = 'bench'] = process.argv.slice(2);
  if (root === undefined || !/^\d+$/.test(rows)) {
    process.stderr.write('usage: node bench/make-journal.ts DIR [ROWS] [SEED]\n');
    process.exitCode = 3;
  } else {
    const made = await makeJournal(root, Number(rows), seed);
    const { expected, windows } = made;
    process.stderr.write(
      `${expected.rows} calls in ${windows} windows from ${formatInstant(START_MS)}: ${formatUsd(BigInt(expected.cost_pusd))} USD\n`,
    );
    process.stdout.write(`${JSON.stringify(made)}\n`);
  }
}
