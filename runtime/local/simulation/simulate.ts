import { AsyncLocalStorage } from 'node:async_hooks';
import { formatInstant, hourOf } from '../../../domain/instant.ts';
import type { ConverseRequest } from '../../../domain/converse.ts';
import type { ConverseCall } from '../../../domain/model-call.ts';
import { createAuthenticate } from '../../../handlers/edge/authenticate.ts';
import { CallFailed } from '../../../handlers/invoke/call-errors.ts';
import { createInvokeModel } from '../../../handlers/invoke/invoke-model.ts';
import { createAddTenant, createIssueKey } from '../../../handlers/admin/issue-key.ts';
import { createModelRegistry } from '../../../handlers/invoke/model-documents.ts';
import { createBookReader } from '../../../handlers/prices/price-books.ts';
import { createTenantRules } from '../../../handlers/invoke/tenant-rules.ts';
import type { Store, UsageLog } from '../../../handlers/ports.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createLineMac } from '../../node/line-mac.ts';
import { parquetTables } from '../../node/parquet-tables.ts';
import { createVirtualClock } from '../clocks.ts';
import type { Arrival, VirtualClock } from '../clocks.ts';
import { openDataFolder } from '../data-folder.ts';
import { createFolderObjects } from '../lake/folder-objects.ts';
import { createJournal } from '../journal/journal.ts';
import { ensurePriceBook } from '../meter.ts';
import { createSimulatedBedrock } from '../simulated/simulated-bedrock.ts';
import type { SimulatedAnswer, SimulatedCounts } from '../simulated/simulated-bedrock.ts';
import { createSqliteStore } from '../sqlite/sqlite-store.ts';
import type { SqliteStore } from '../sqlite/sqlite-store.ts';
import { stderrNotifier } from '../stderr-notifier.ts';
import { TENANTS, createAssignment } from './assignment.ts';
import type { Assignment } from './assignment.ts';
import { createPromptCache } from './prompt-cache.ts';
import { createSeededRandom } from './random.ts';
import { readTraces } from './trace.ts';
import type { TraceRow } from './trace.ts';

export interface SimulateOptions {
  readonly data: string;
  readonly traces: readonly string[];
  readonly seed: string;
  /** Put in errors, aborted streams, lost and doubled records, and a model without a price. */
  readonly faults: boolean;
  readonly onProgress?: (done: number, total: number) => void;
}

export interface SimulateResult {
  readonly calls: number;
  readonly firstMs: number;
  readonly lastMs: number;
  /** What the simulated Bedrock itself counted. */
  readonly bedrock: SimulatedCounts;
}

/** The folder holds calls of the trace's hours already; a replay over them would meter them twice. */
export class FolderInUse extends Error {
  override readonly name = 'FolderInUse';
}

const REGION = 'us-east-1';
/** The virtual clock starts this much before the first call, when tenants and keys are made. */
const SETUP_MS = 60_000;

/**
 * Replays traces through the real invoke path into a data folder: authentication, reservation,
 * simulated Bedrock, usage line, settlement, on a virtual clock.
 */
export async function simulate(options: SimulateOptions): Promise<SimulateResult> {
  const rows = readTraces(options.traces);
  const [first, last] = [rows[0], rows.at(-1)];
  if (!first || !last) throw new RangeError('trace: got no rows, expected at least one request');
  const clock = createVirtualClock(first.atMs - SETUP_MS);
  const folder = openDataFolder(options.data, createSeededRandom(options.seed, 'keys'));
  const store = createSqliteStore({
    file: folder.store,
    schedule: clock.schedule,
    durability: 'system',
  });
  const journal = createJournal({
    ...{ folder: folder.journal, clock, schedule: clock.schedule, durability: 'system' },
  });
  try {
    const busyMs = await store.nextHourWithReservation(hourOf(first.atMs));
    if (busyMs !== undefined && busyMs <= last.atMs) {
      throw new FolderInUse(`${options.data}: holds calls of ${formatInstant(busyMs)} already`);
    }
    const replay = await openReplay({ options, folder, store, journal, clock });
    await clock.replay(replay.arrivals(rows));
    return {
      calls: rows.length,
      firstMs: first.atMs,
      lastMs: last.atMs,
      bedrock: replay.counts(),
    };
  } finally {
    journal.close();
    store.close();
  }
}

interface ReplayParts {
  readonly options: SimulateOptions;
  readonly folder: ReturnType<typeof openDataFolder>;
  readonly store: SqliteStore;
  readonly journal: UsageLog;
  readonly clock: VirtualClock;
}

async function openReplay({ options, folder, store, journal, clock }: ReplayParts) {
  const random = createSeededRandom(options.seed, 'ids');
  const objects = createFolderObjects(folder.lake);
  const bookKey = await ensurePriceBook({
    store,
    objects,
    codec: nodeCodec,
    tables: parquetTables,
  });
  const book = await createBookReader({ objects, codec: nodeCodec }).read(bookKey);
  const prices = () => Promise.resolve(book.prices);
  const keys = await makeKeys({ options, folder, store, journal, clock });
  /** By the conversation: it is the same object in the call that is admitted. */
  const assignments = new Map<ConverseRequest, Assignment>();
  const models = createSimulatedBedrock({
    clock,
    answer: (call) =>
      answerOf(call.kind === 'converse' ? assignments.get(call.request) : undefined),
  });
  const faulty = faultyRecords(store, journal);
  const mac = createLineMac(folder.macKey);
  const shared = {
    ...{ models, clock, random, mac, prices, region: REGION, limits: store },
    ...{ notifier: stderrNotifier, rules: createTenantRules({ records: store, clock }) },
    registered: createModelRegistry({ records: store, clock }),
  };
  const invoke = createInvokeModel({ ...shared, store: faulty.store, usageLog: faulty.journal });
  const authenticate = createAuthenticate({ store, secrets: folder.secrets, clock });
  const assign = createAssignment(options.seed, options.faults, createPromptCache().usageOf);

  async function call(row: TraceRow): Promise<void> {
    const assignment = assign(row);
    const principal = await authenticate(keys.get(keyName(assignment)) ?? '');
    if (!principal) throw new Error('simulate: a key of its own was refused');
    const modelCall = callOf(row, assignment);
    assignments.set(modelCall.request, assignment);
    try {
      const answered = await faulty.during(assignment.record, () =>
        invoke(principal, modelCall, () => undefined),
      );
      await answered.settled;
    } catch (error) {
      if (!(error instanceof CallFailed)) throw error;
    } finally {
      assignments.delete(modelCall.request);
    }
  }

  function* arrivals(rows: readonly TraceRow[]): Generator<Arrival> {
    for (const [index, row] of rows.entries()) {
      if (index % 100 === 0) options.onProgress?.(index, rows.length);
      yield { atMs: row.atMs, start: () => call(row) };
    }
    options.onProgress?.(rows.length, rows.length);
  }

  return { arrivals, counts: models.counts };
}

/** One key per tenant and project, by `tenant/project`. */
async function makeKeys(parts: ReplayParts): Promise<Map<string, string>> {
  const { options, folder, store, clock } = parts;
  const random = createSeededRandom(options.seed, 'directory');
  const made = { store, random, clock, actor: 'simulate' };
  const addTenant = createAddTenant(made);
  const issueKey = createIssueKey({ ...made, secrets: folder.secrets });
  const keys = new Map<string, string>();
  for (const [index, { name, costCenter, projects }] of TENANTS.entries()) {
    const tenant = await addTenant(name, costCenter);
    for (const project of projects) {
      keys.set(`${index}/${project}`, (await issueKey(tenant, { project })).text);
    }
  }
  return keys;
}

function keyName({ tenant, project }: Assignment): string {
  return `${tenant}/${project}`;
}

/** The traces hold no prompts: the call is as long as the trace says, and says nothing. */
function callOf(row: TraceRow, { model, stream }: Assignment): ConverseCall {
  const text = ' '.repeat(Math.min(row.inputTokens, 100_000));
  return {
    kind: 'converse',
    api: 'replay',
    modelRequested: model,
    request: { messages: [{ role: 'user', content: [{ text }] }] },
    maxTokens: Math.max(1, row.outputTokens),
    stream,
  };
}

function answerOf(assignment: Assignment | undefined): SimulatedAnswer {
  if (!assignment) throw new Error('simulate: a call without an assignment');
  const { usage, firstByteMs, generateMs, failure, silent } = assignment;
  return {
    ...{ usage, firstByteMs, generateMs, text: [''] },
    ...(failure && { failure }),
    ...(silent && { silent }),
  };
}

/**
 * Records that get lost or doubled after the model has answered, as when a process dies between two
 * writes. The fault of a call goes along with it to its reservation, and is found again by its id.
 */
function faultyRecords(store: Store, journal: UsageLog) {
  const faults = new Map<string, Assignment['record']>();
  const running = new AsyncLocalStorage<Assignment['record']>();
  const idOf = (line: string) => line.slice(line.indexOf('"id":"') + 6).slice(0, 36);

  return {
    during: <T>(fault: Assignment['record'], call: () => Promise<T>) => running.run(fault, call),
    store: {
      reserve: (reservation: Parameters<Store['reserve']>[0]) => {
        const fault = running.getStore() ?? null;
        if (fault !== null) faults.set(reservation.id, fault);
        return store.reserve(reservation);
      },
      settle: (...settlement: Parameters<Store['settle']>) =>
        faults.get(settlement[0].id) === 'settle_lost'
          ? Promise.resolve(false)
          : store.settle(...settlement),
    },
    journal: {
      async append(line: string) {
        const fault = faults.get(idOf(line));
        if (fault === 'line_lost') return;
        await journal.append(line);
        if (fault === 'line_twice') await journal.append(line);
      },
    },
  };
}
