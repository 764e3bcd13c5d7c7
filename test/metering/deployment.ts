import { createHash } from 'node:crypto';
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { mintEventId } from '../../domain/event-id.ts';
import type { EventId } from '../../domain/event-id.ts';
import { HOUR_MS } from '../../domain/instant.ts';
import type { ManifestStatement } from '../../domain/ledger/manifest.ts';
import type { VerifyReport } from '../../domain/ledger/verify-ledger.ts';
import { picoUsd } from '../../domain/money.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { encodeUsageLine } from '../../domain/usage-line.ts';
import type { Random, Reservation } from '../../handlers/ports.ts';
import type { PriceBook } from '../../pricing/price-entry.ts';
import { manifestsOf } from '../../runtime/local/cli/control-totals.ts';
import { jsonRows } from '../../runtime/local/cli/output.ts';
import { createJumpingClock } from '../../runtime/local/clocks.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import { createFolderObjects } from '../../runtime/local/lake/folder-objects.ts';
import { journalFileOf } from '../../runtime/local/journal/journal.ts';
import { ask, openLake } from '../../runtime/local/lake/lake-reader.ts';
import { meter, meteringDefinition } from '../../runtime/local/meter.ts';
import type { MeterOptions, MeterResult } from '../../runtime/local/meter.ts';
import { currentBuild, openMeteringPorts } from '../../runtime/local/metering-ports.ts';
import type { MeteringPorts, MeteringSettings } from '../../runtime/local/metering-ports.ts';
import { createSteps } from '../../runtime/local/steps.ts';
import type { Step } from '../../runtime/local/steps.ts';
import { recompute } from '../../runtime/local/ledger/recompute.ts';
import { createSqliteStore } from '../../runtime/local/sqlite/sqlite-store.ts';
import { verifyLake } from '../../runtime/local/ledger/verify-command.ts';
import { createWorkflow } from '../../runtime/local/workflow/workflow.ts';
import type { Execution } from '../../runtime/local/workflow/workflow.ts';
import { createSeededRandom } from '../../runtime/local/simulation/random.ts';
import { createLineMac } from '../../runtime/node/line-mac.ts';
import type { MeteringStep } from '../../workflows/steps.ts';
import { priceBook, publish } from './price-books.ts';

/** Start of the first window of these tests, 2026-01-31T20:00:00.000Z. */
export const HOUR = Date.UTC(2026, 0, 31, 20);
/** The window of `HOUR`, as it is named. */
export const WINDOW = '2026-01-31T20:00:00.000Z';
export const NEXT_WINDOW = '2026-01-31T21:00:00.000Z';
/** Grace of the first window is over, that of the second is not. */
export const NOW = HOUR + HOUR_MS + 20 * 60_000;

/** The model of these tests. USD per million tokens: 3 in, 15 out, .3 read, 3.75 and 6 written. */
export const MODEL = 'house.model-1';
export const BOOK: PriceBook = priceBook({
  [MODEL]: {
    ...{ input: '0.000003', output: '0.000015', cache_read: '0.0000003' },
    ...{ cache_write_5m: '0.00000375', cache_write_1h: '0.000006' },
  },
});
/** pUSD of a call of 100 tokens in and 20 out: 100 × 3,000,000 + 20 × 15,000,000. */
export const CALL_COST = 600_000_000n;

export type Rows = readonly Readonly<Record<string, string | number | null>>[];

export interface RunOptions {
  readonly nowMs?: number;
  readonly settings?: MeteringSettings;
  readonly force?: MeterOptions['force'];
  /** Stands before some of the steps, or before a port of theirs. */
  readonly steps?: (steps: Record<MeteringStep, Step>) => Partial<Record<MeteringStep, Step>>;
  readonly ports?: (ports: MeteringPorts) => Partial<MeteringPorts>;
}

export interface DeploymentOptions {
  readonly book?: PriceBook | null;
  /** Draws the keys. */
  readonly random?: Random;
}

/** A data folder with a price book, into which tests write calls as a gateway would, or worse. */
export async function createDeployment({
  book = BOOK,
  random = createSeededRandom('tests', 'keys'),
}: DeploymentOptions = {}) {
  const root = mkdtempSync(join(tmpdir(), 'tollbook-metering-'));
  const folder = openDataFolder(root, random);
  const store = createSqliteStore({ file: folder.store, durability: 'system' });
  const objects = createFolderObjects(folder.lake);
  const mac = createLineMac(folder.macKey);
  if (book) await publish({ objects, store }, book);
  let minted = 0;

  /** One answered call of 100 tokens in and 20 out, 10 minutes into the first window. */
  function event(differs: Partial<UsageEvent> = {}): UsageEvent {
    const admitted = differs.admitted_ms ?? HOUR + 600_000;
    minted += 1;
    return {
      ...{ id: eventId(admitted, minted), attempt: 1, admitted_ms: admitted },
      ...{ tenant: 'tn_a', cost_center: 'retail', key: 'k1', project: null, api: 'openai.chat' },
      ...{ model_requested: MODEL, model: MODEL, scope: 'regional', region: 'us-east-1' },
      ...{ tier: 'standard', mode: 'on_demand', latency_class: 'standard', context: 'base' },
      ...{ outcome: 'ok', status: 200, stream: false, settled_ms: admitted + 250 },
      ...{ latency_ms: 250, first_byte_ms: 40, input: 100, cache_read: 0, cache_write_5m: 0 },
      ...{ cache_write_1h: 0, output: 20, other: {}, usage_source: 'reported' },
      ...{ reserved: picoUsd(1_000_000_000n), upstream_id: 'up-1' },
      ...differs,
    };
  }

  const line = (of: UsageEvent) => encodeUsageLine(of, mac);
  const sign = (text: string) => `${text},"mac":"${mac(text)}"}`;

  function log(text: string, emittedMs = HOUR + 600_250): void {
    appendFileSync(join(folder.journal, journalFileOf(emittedMs)), `${text}\n`);
  }

  async function admit(of: UsageEvent, differs: Partial<Reservation> = {}): Promise<UsageEvent> {
    const { id, attempt, tenant, reserved, admitted_ms: admittedMs } = of;
    const leaseMs = admittedMs + 30 * 60_000;
    await store.reserve({
      ...{ id, attempt, tenant, reserved, leaseMs, state: 'PENDING', ...differs },
    });
    return of;
  }

  const settle = (of: UsageEvent, text = line(of)) =>
    store.settle(of, text, { cost: null, tokens: 0n });

  async function call(differs: Partial<UsageEvent> = {}): Promise<UsageEvent> {
    const one = await admit(event(differs));
    log(line(one), one.settled_ms);
    await settle(one);
    return one;
  }

  async function calls(count: number, differs: (n: number) => Partial<UsageEvent> = () => ({})) {
    return Promise.all(Array.from({ length: count }, (_, n) => call(differs(n))));
  }

  return {
    ...{ root, folder, store, objects, mac, event, line, sign, log, admit, settle, call, calls },

    meter: ({ nowMs = NOW, ...options }: Partial<Omit<MeterOptions, 'folder'>> = {}) =>
      meter({ folder, nowMs, ...options }),

    /** One execution of the workflow, with its history; steps and ports can be tampered with. */
    run: (options: RunOptions = {}): Promise<Execution> => runOnce(folder, options),

    /** Rows of the sealed lake, money as exact text. */
    async ask(sql: string): Promise<Rows> {
      const engine = await openLake(folder.lake);
      try {
        return jsonRows(await ask(engine, sql));
      } finally {
        engine.close();
      }
    },

    manifests: () => manifestsOf(folder.lake),

    async statements(): Promise<ManifestStatement[]> {
      return (await manifestsOf(folder.lake)).map(({ statement }) => statement);
    },

    /** The verifier over the lake, with the newest checkpoint and this folder's trust file. */
    verify(): Promise<VerifyReport> {
      const newest = readdirSync(folder.checkpoints).sort().slice(-1);
      return verifyLake({
        ...{ lake: folder.lake, trustFile: folder.trust },
        checkpointFiles: newest.map((name) => join(folder.checkpoints, name)),
      });
    },

    /** What pricing the archives again comes to, per manifest. */
    async recompute(): Promise<string[]> {
      const results = await recompute(folder.lake, currentBuild().build_sha256);
      return results.map(({ verdict }) => verdict);
    },

    /** Path → sha256 of every file of the lake but what runs keep for themselves. */
    sealedFiles: () => digests(folder.lake, (path) => !path.startsWith('work')),

    /** Path → sha256 of every data file. */
    dataFiles: () => digests(join(folder.lake, 'data')),

    remove(): void {
      store.close();
      rmSync(root, { recursive: true, force: true });
    },
  };
}

export type Deployment = Awaited<ReturnType<typeof createDeployment>>;

async function runOnce(
  folder: ReturnType<typeof openDataFolder>,
  { nowMs = NOW, settings = {}, force = null, ...tampered }: RunOptions,
): Promise<Execution> {
  const clock = createJumpingClock(nowMs);
  const honest = openMeteringPorts(folder, clock, settings);
  try {
    const ports = { ...honest, ...tampered.ports?.(honest) };
    const steps: Record<MeteringStep, Step> = createSteps(ports);
    const workflow = createWorkflow({
      definition: meteringDefinition(),
      tasks: { ...steps, ...tampered.steps?.(steps) },
      clock: { now: clock.now, sleep: clock.sleep, jumps: true },
      random: () => 0.5,
      name: 'metering',
    });
    return await workflow.start({ force }, 'run');
  } finally {
    honest.close();
  }
}

/** Ids whose random digits are spread, and the same in every run. */
export function eventId(admittedMs: number, serial: number): EventId {
  const random = createHash('sha256').update(`id ${serial}`).digest().subarray(0, 10);
  return mintEventId(admittedMs, new Uint8Array(random));
}

/** Path → sha256 of the files under a folder. */
export function digests(
  folder: string,
  wanted: (path: string) => boolean = () => true,
): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
  const files = paths.filter((path) => wanted(path) && statSync(join(folder, path)).isFile());
  return Object.fromEntries(
    files.map((path) => [
      path,
      createHash('sha256')
        .update(readFileSync(join(folder, path)))
        .digest('hex'),
    ]),
  );
}

/** Why a metering stopped, in one text; empty when it did not. */
export function failureOf({ failure }: MeterResult): string {
  return failure === null ? '' : `${failure.error}: ${failure.cause}`;
}
