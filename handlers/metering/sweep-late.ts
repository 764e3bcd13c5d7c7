import type { LoggedLine } from '../../domain/packed-lines.ts';
import { formatInstant } from '../../domain/instant.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import { encodeLines } from '../../domain/line-archive.ts';
import { cutSlice } from '../../domain/slices.ts';
import type { LineSlice } from '../../domain/slices.ts';
import { CLOCK_PAD_MS, partitionOf, windowOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';
import { askLog, untilComplete } from './ask-log.ts';
import { LATE_HORIZON_MS, lateFolder, listLate } from './late-lines.ts';
import { readHead, readManifestsSince } from './ledger-head.ts';
import { readRows } from './read-rows.ts';
import { readSealedLines } from './sealed-identities.ts';
import { readArchive } from './window-lines.ts';
import type { Clock, Codec, LogQuery, ObjectStore, QueryEngine } from '../ports.ts';

interface SweepLatePorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly logs: LogQuery;
  readonly sql: QueryEngine;
  readonly clock: Clock;
}

/**
 * State `SweepLate`: counts the lines of recently sealed windows again; where the log now holds more
 * than was sealed, the new ones wait in an archive for the next open window. Nothing sealed changes.
 */
export function createSweepLate(ports: SweepLatePorts) {
  return async function sweepLate(): Promise<{ readonly late: number }> {
    const head = await readHead(ports);
    if (!head) return { late: 0 };
    // Every hour of the horizon: a line may also be late for one that was empty, or for one before
    // the first that was sealed.
    const fromMs = head.sealedEndMs - LATE_HORIZON_MS;
    const manifests = await readManifestsSince(ports, fromMs);
    const range = rangeSince(fromMs, ports.clock);
    const { counts } = await askLog(ports, { kind: 'hours', ...range });
    let late = 0;
    for (const { startMs, lines } of counts) {
      if (startMs < fromMs || startMs >= head.sealedEndMs) continue;
      const known = await linesKnown(ports, windowOf(startMs), manifests);
      if (lines > known) late += await postLate(ports, windowOf(startMs), lines);
    }
    return { late };
  };
}

function rangeSince(fromMs: number, clock: Clock) {
  return { fromS: (fromMs - CLOCK_PAD_MS) / 1000, toS: Math.floor(clock.now() / 1000) };
}

const COUNT_CONTROL = 'C3.lines: log count = lines read';

/**
 * Lines that the log held when the window was sealed, or when it was last looked at since. An hour
 * that was empty between sealed ones has no manifest, and held none.
 */
async function linesKnown(
  { objects }: SweepLatePorts,
  window: Window,
  manifests: readonly Manifest[],
): Promise<number> {
  const start = formatInstant(window.startMs);
  const manifest = manifests.find(({ statement }) => statement.window.start === start);
  const sealed = manifest?.statement.controls.find(({ id }) => id === COUNT_CONTROL);
  const seen = await objects.list(`${seenFolder(window)}/`);
  const counts = seen.map(({ key }) => Number(/(\d+)$/.exec(key)?.[1] ?? 0));
  return Math.max(Number(sealed?.right ?? 0), ...counts);
}

/** Lost, this memory only costs another look: it may lie in `work/`. */
function seenFolder(window: Window): string {
  return `work/seen/${partitionOf(window)}`;
}

async function postLate(ports: SweepLatePorts, window: Window, count: number): Promise<number> {
  const known = await knownLines(ports, window);
  const fresh = new Map<string, LoggedLine>();
  for (const line of await fetchLines(ports, window)) {
    const digest = ports.codec.sha256(line.text);
    const copy = fresh.get(digest);
    if (!known.has(digest) && !(copy && copy.emittedMs <= line.emittedMs)) fresh.set(digest, line);
  }
  const lines = [...fresh].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, line]) => line);
  if (lines.length > 0) {
    const bytes = ports.codec.compress(new TextEncoder().encode(encodeLines(lines)));
    const name = `late-${ports.codec.sha256(bytes)}.ndjson.zst`;
    await ports.objects.putOnce(`${lateFolder(window)}/${name}`, bytes);
  }
  await ports.objects.putOnce(`${seenFolder(window)}/${count}`, new TextEncoder().encode('seen\n'));
  return lines.length;
}

/** Digests of all lines of a window that were dealt with: rows, quarantine, and late ones. */
async function knownLines(ports: SweepLatePorts, window: Window): Promise<Set<string>> {
  const texts = await readSealedLines(ports, window);
  for (const key of await listLate(ports.objects, window)) {
    texts.push(...(await readArchive(ports, key)).map(({ text }) => text));
  }
  const [, dt = '', hour = ''] = /^dt=(.*)\/hour=(.*)$/.exec(partitionOf(window)) ?? [];
  const quarantined = await ports.sql.rows(
    'SELECT line_sha256 FROM quarantine WHERE dt = :dt AND hour = :hour',
    { dt, hour },
  );
  const digests = texts.map((text) => ports.codec.sha256(text));
  return new Set([...digests, ...quarantined.flatMap(({ line_sha256: digest }) => digest ?? [])]);
}

/** All lines of one window that the log holds now, however late and however many. */
async function fetchLines(ports: SweepLatePorts, window: Window): Promise<LoggedLine[]> {
  const lines: LoggedLine[] = [];
  const slices: LineSlice[] = [{ ...rangeSince(window.startMs, ports.clock), split: null }];
  for (let slice = slices.pop(); slice; slice = slices.pop()) {
    const found = await fetchSlice(ports, window, slice);
    if (found === null) slices.push(...cutSlice(slice));
    else for (const line of found) lines.push(line);
  }
  return lines;
}

/** Lines of a slice; null if they are more than one question returns. */
async function fetchSlice(
  ports: SweepLatePorts,
  window: Window,
  slice: LineSlice,
): Promise<readonly LoggedLine[] | null> {
  const { logs } = ports;
  const queryId = await logs.start({ kind: 'lines', window, limit: logs.rowLimit, ...slice });
  const { statistics } = await untilComplete(ports, queryId);
  if (statistics.matched >= logs.rowLimit) return null;
  return readRows(logs, queryId, statistics.matched);
}
