/**
 * The borders of the house: everything a handler may ask of the world. One adapter per port and
 * world lives in `runtime/`; a contract suite in `test/contract/` says what each must do.
 */
import type { EventId } from '../domain/event-id.ts';
import type { TableSchema, TableRow } from '../domain/lake.ts';
import type { SignatureAlgorithm } from '../domain/ledger/trust.ts';
import type { CounterState, Hold, Used } from '../domain/limits.ts';
import type { ModelCall, ModelEvent } from '../domain/model-call.ts';
import type { ReservedAttempt } from '../domain/match-reservations.ts';
import type { TokenUsage } from '../domain/meters.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { PackedLines } from '../domain/packed-lines.ts';
import type { Window } from '../domain/window.ts';
import type { Dating } from '../pricing/price-entry.ts';
import type { Offer } from '../pricing/price-row.ts';

/** Appends usage lines. */
export interface UsageLog {
  /** Resolves when the line (no line feed in it) is durable. Rejects if it never will be. */
  append(line: string): Promise<void>;
}

/** A range of emission seconds, inclusive at both ends as Logs Insights has it. */
export interface EmissionRange {
  readonly fromS: number;
  readonly toS: number;
}

/**
 * What can be asked of the log. A usage line belongs to a window by `windowTimeMs` of its emission
 * (`@timestamp`) and its readable `admitted_ms`; lines without the marker are foreign.
 */
export type LogQuestion =
  /** Lines per hour of admission, oldest first. */
  | ({ readonly kind: 'hours' } & EmissionRange)
  /** Lines and raw token sums of one window per minute of emission, and its foreign lines. */
  | ({ readonly kind: 'minutes'; readonly window: Window } & EmissionRange)
  /** The lines of one window themselves; `split` narrows to ids by their first random digits. */
  | ({
      readonly kind: 'lines';
      readonly window: Window;
      readonly split: string | null;
      readonly limit: number;
    } & EmissionRange);

export type QueryStatus =
  'Scheduled' | 'Running' | 'Complete' | 'Failed' | 'Cancelled' | 'Timeout' | 'Unknown';

export interface LogRow {
  /** Emission, UTC ms. */
  readonly timestampMs: number;
  /** Tells one stored line from any other, copies included. */
  readonly ptr: string;
  readonly message: string;
}

export interface LogCount {
  /** Start of the hour or minute, UTC ms. */
  readonly startMs: number;
  readonly lines: number;
  /** Sums of the raw counts; zero for hours. */
  readonly tokens: TokenUsage;
}

export interface QueryStatistics {
  /** Lines that matched the filter, whatever the row limit. */
  readonly matched: number;
  readonly scanned: number;
  readonly bytes: number;
}

/** How a question stands. Its counts are whole only once it is `Complete`. */
export interface QueryState {
  readonly status: QueryStatus;
  readonly counts: readonly LogCount[];
  /** Lines without the marker emitted in the asked window; 0 unless `minutes` was asked. */
  readonly foreign: number;
  readonly statistics: QueryStatistics;
}

/** One page of the rows of a complete answer. */
export interface QueryPage {
  readonly rows: readonly LogRow[];
  readonly nextToken: string | null;
}

/** One page of a complete answer for those who need no object and no text per line. */
export interface PackedPage {
  /** Its lines in their order, as many together as lie together. */
  readonly lines: readonly PackedLines[];
  /** Tells each stored line from any other of the answer. */
  readonly places: Float64Array;
  readonly nextToken: string | null;
}

/** Asynchronous questions to the log, with the quotas of Logs Insights. */
export interface LogQuery {
  /** Most rows that one question can return. */
  readonly rowLimit: number;
  /** @throws LogQueryThrottled when the quota is used up: wait and ask again. */
  start(question: LogQuestion): Promise<string>;
  /** @throws LogQueryThrottled */
  poll(queryId: string): Promise<QueryState>;
  /**
   * Rows, first page with token null. @throws LogQueryFailed unless the question is `Complete`: rows
   * of a running one are partial and nobody may have them. @throws LogQueryThrottled
   */
  page(queryId: string, pageToken: string | null): Promise<QueryPage>;
  /** The same pages as bytes; only where the log keeps its lines so. */
  packedPage?(queryId: string, pageToken: string | null): Promise<PackedPage>;
}

/** Immutable objects by key (`/`-separated, relative). */
export interface ObjectStore {
  /** @throws ObjectNotFound if nothing is there. */
  get(key: string): Promise<Uint8Array>;
  /** Equal bytes are a no-op. @throws ObjectConflict if other bytes hold the key. */
  putOnce(key: string, bytes: Uint8Array): Promise<void>;
  /** Keys under a prefix, sorted. */
  list(prefix: string): Promise<readonly { readonly key: string; readonly bytes: number }[]>;
}

/** Files of one run of one window in one table. */
export interface RunFiles {
  readonly table: string;
  /** `dt=…/hour=…`. */
  readonly partition: string;
  readonly run: string;
  readonly keys: readonly string[];
}

/** A run under audit, as SQL sees it. */
export interface Candidate {
  /** Its name: the value of `run` in the candidate tables. */
  readonly run: string;
  /** Takes it away again, and nobody else's. Idempotent. */
  drop(): Promise<void>;
}

/** Which files SQL can see. */
export interface Catalog {
  /**
   * Lets the auditor, and nobody else, query a run that is not sealed, until it is dropped. Every call
   * makes a candidate of its own: two audits of one run do not disturb each other.
   */
  addCandidate(run: string, files: readonly RunFiles[]): Promise<Candidate>;
  /** Makes a sealed run's partition visible to analysts. Idempotent. */
  publish(files: RunFiles): Promise<void>;
}

/** A row of an answer: every value as text, exact; null where SQL says NULL. */
export type SqlRow = Readonly<Record<string, string | null>>;

/** Runs SQL of the subset that Athena and DuckDB both accept. */
export interface QueryEngine {
  /** `:name` in the text stands for the text value of that name, quoted by the adapter. */
  rows(sql: string, values: Readonly<Record<string, string>>): Promise<readonly SqlRow[]>;
}

export interface Reservation extends ReservedAttempt {
  readonly tenant: string;
  /** Null when the model had no price to hold by. */
  readonly reserved: PicoUsd | null;
  /** After this instant a pending reservation's outcome counts as unknown. UTC ms. */
  readonly leaseMs: number;
  /** What it takes from the tenant's limits, all or nothing. */
  readonly holds?: readonly Hold[];
}

export interface ApiKeyRecord {
  readonly keyId: string;
  readonly tenant: string;
  readonly costCenter: string | null;
  readonly project: string | null;
  /** HMAC of the secret under the pepper, hex: a dump of the store authenticates nobody. */
  readonly secretMac: string;
  readonly expiresMs: number;
  readonly revokedMs: number | null;
  /** Other tenants that this key may act for, where the `team_id` header names them. */
  readonly teams: readonly string[];
}

export interface TenantRecord {
  readonly tenant: string;
  readonly name: string;
  readonly costCenter: string | null;
}

/** Tenants, keys, reservations and the current price book. */
export interface Store {
  /** Makes or changes a tenant, and says so in the audit log, both or neither. */
  putTenant(tenant: TenantRecord, entry: AuditEntry): Promise<void>;
  tenants(): Promise<readonly TenantRecord[]>;
  /** Makes or changes a key, and says so in the audit log, both or neither. */
  putKey(key: ApiKeyRecord, entry: AuditEntry): Promise<void>;
  findKey(keyId: string): Promise<ApiKeyRecord | undefined>;
  /** Keys of a tenant, revoked and expired ones too, by id. */
  keysOf(tenant: string): Promise<readonly ApiKeyRecord[]>;
  /**
   * Resolves when the reservation and its holds are durable. @throws ReservationExists for a known
   * identity. @throws LimitReached where a counter has no room; then nothing was reserved.
   */
  reserve(reservation: Reservation): Promise<void>;
  /**
   * PENDING or SUSPENSE → SETTLED, keeping the usage line so that a lost one can be redone; holds
   * come to what was used (`settledAmount`).
   * @returns false if it was settled or void already: nothing changes.
   */
  settle(identity: { id: EventId; attempt: number }, line: string, used: Used): Promise<boolean>;
  /** PENDING past its lease → SUSPENSE, holds with it (`suspendedAmount`). @returns how many. */
  sweep(nowMs: number): Promise<number>;
  /** Admission of the oldest call that a sweep moved to SUSPENSE and that is still there, UTC ms. */
  suspendedSince(nowMs: number): Promise<number | undefined>;
  /** Reservations with ids of `[startMs, endMs)`, by id and attempt, in batches. */
  reservations(window: Window): AsyncIterable<readonly ReservedAttempt[]>;
  findReservation(id: EventId, attempt: number): Promise<Reservation | undefined>;
  settledLine(id: EventId, attempt: number): Promise<string | undefined>;
  /** Start of the first hour at or after `fromMs` that holds a reservation. */
  nextHourWithReservation(fromMs: number): Promise<number | undefined>;
  /** Key of the price book that new runs use. */
  currentPriceBook(): Promise<string | undefined>;
  publishPriceBook(key: string): Promise<void>;
}

/** What is taken from limits, besides by reservations themselves. */
export interface Limits {
  /** One state per name, in order; zeros for a counter that nothing was ever taken from. */
  counters(names: readonly string[]): Promise<readonly CounterState[]>;
  /** True for the first caller ever with this name, and for nobody else. */
  claim(name: string): Promise<boolean>;
}

/** A document that admins keep: a policy, a budget, a registered model. */
export interface Document {
  /** Such as `policy`: a plain word. */
  readonly kind: string;
  readonly id: string;
  /** Its content, JSON. */
  readonly json: string;
}

/** Who changed what, and when; nobody can change or remove it. */
export interface AuditEntry {
  readonly atMs: number;
  /** Who: the id of an operator's credential, or `cli`. */
  readonly actor: string;
  /** Such as `policy.set`. */
  readonly action: string;
  /** Tenant or other thing that it is about. */
  readonly subject: string;
  /** What changed, JSON; never a secret. */
  readonly json: string;
}

/** What admins keep, with an append-only log of every change. */
export interface Records {
  find(kind: string, id: string): Promise<string | undefined>;
  /** Documents of a kind, by id. */
  list(kind: string): Promise<readonly Document[]>;
  /**
   * Writes a document and its entry in the audit log, both or neither. `before` is what the writer
   * has read, undefined for nothing. @throws RecordConflict if somebody else wrote meanwhile.
   */
  change(document: Document, before: string | undefined, entry: AuditEntry): Promise<void>;
  /** Entries of `[fromMs, toMs)`, oldest first. */
  auditLog(fromMs: number, toMs: number): Promise<readonly AuditEntry[]>;
}

/** Calls models. One call of this is one attempt: adapters never retry. */
export interface ModelClient {
  /**
   * Events of the answer as they come; the last is `end`. @throws ModelError when the attempt
   * failed before or during the answer.
   */
  invoke(call: ModelCall): AsyncIterable<ModelEvent>;
  /**
   * Input tokens that the call would have; nothing is generated, nothing is paid. @throws ModelError
   * where the model cannot count.
   */
  countTokens(call: ModelCall): Promise<number>;
}

/** An answer that is kept for a client who comes back for it. */
export interface Job {
  readonly tenant: string;
  /** Unique to the tenant. */
  readonly id: string;
  /** Null while the call runs: nobody answered yet. */
  readonly result: { readonly status: number; readonly body: string } | null;
  /** From this instant on it is gone. UTC ms. */
  readonly expiresMs: number;
}

/** Answers of calls that nobody waits for on the line. */
export interface Jobs {
  /**
   * Resolves when it is durable; replaces what stood under this tenant and id. @throws JobTooLong for
   * an answer that is longer than this place keeps; what stood there stays.
   */
  put(job: Job): Promise<void>;
  /** Puts it where nothing stands that has not expired at `nowMs`. @returns whether it did. */
  begin(job: Job, nowMs: number): Promise<boolean>;
  /** Undefined for an id that is unknown, expired at `nowMs`, or another tenant's. */
  find(key: Pick<Job, 'tenant' | 'id'>, nowMs: number): Promise<Job | undefined>;
}

/** Signs manifests and checkpoints. */
export interface Signer {
  /** sha256 hex of the public key's SPKI DER. */
  readonly keyId: string;
  readonly alg: SignatureAlgorithm;
  /** SubjectPublicKeyInfo DER. */
  readonly publicKeySpki: Uint8Array;
  sign(bytes: Uint8Array): Promise<Uint8Array>;
}

/** Tells people. */
export interface Notifier {
  notify(notice: { readonly subject: string; readonly body: string }): Promise<void>;
}

export interface Clock {
  /** UTC ms. */
  now(): number;
  sleep(ms: number): Promise<void>;
}

/** Bytes nobody can guess (or, replaying, bytes of a seed). */
export interface Random {
  bytes(count: number): Uint8Array;
}

/** Digests and compression: pure, but not ours to write. */
export interface Codec {
  /** Lower-case hex. Text counts as UTF-8. */
  sha256(data: Uint8Array | string): string;
  compress(data: Uint8Array): Uint8Array;
  /** As `compress`, quicker and larger: for what is read once and then of no use. */
  compressQuickly(data: Uint8Array): Uint8Array;
  /** One frame of many lines as UTF-8; they are never in memory together. */
  lineCompressor(): LineCompressor;
  /** In memory of its own. */
  decompress(data: Uint8Array): Uint8Array;
  /** Decompressed UTF-8. */
  decompressText(data: Uint8Array): string;
  /** A digest of many lines as UTF-8. */
  lineDigest(): LineDigest;
}

/** Compresses lines one after the other. */
export interface LineCompressor {
  /** Whole lines, each with its line feed; the bytes are copied. */
  add(lines: Uint8Array): void;
  /** Resolves when so little waits that more may come. */
  ready(): Promise<void>;
  /** The whole frame; nothing may be added any more. */
  end(): Promise<Uint8Array>;
}

/** See `Codec.lineDigest`. */
export interface LineDigest {
  /** The text and a line feed. */
  add(text: string): void;
  /** Lower-case hex; nothing may be added any more. */
  sha256(): string;
}

/** One offer of AWS's price list for one Region: every page of the answer, in order. */
export interface OfferPages {
  readonly offer: Offer;
  readonly region: string;
  readonly pages: readonly unknown[];
}

/** What application inference profiles stand for. */
export interface ProfileResolver {
  /**
   * ARNs of the models that a profile calls, in any order; undefined if there is no such profile.
   * Rejects if nobody can say now.
   */
  models(profileArn: string): Promise<readonly string[] | undefined>;
}

/** AWS's price list. */
export interface PriceList {
  /** `recorded`: kept pages whose dates mean nothing; `published`: straight from AWS. */
  readonly dated: Dating;
  /** The three Bedrock offers, whole. Rejects rather than leave a page out. */
  offers(): Promise<readonly OfferPages[]>;
}

/** A file of a table in the making. */
export interface TableWriter {
  /**
   * One row, its values in the order of the schema's columns; the array may be used again.
   * @throws TableError for a value its column cannot hold.
   */
  add(cells: readonly TableRow[string][]): void;
  /** Rows so far. */
  rows(): number;
  /** The file, whole. @throws TableError if it has no row. */
  finish(): Uint8Array;
}

/** Writes and reads back the lake's Parquet. Same rows, same bytes, whichever way they come. */
export interface TableCodec {
  /** @throws TableError for a value its column cannot hold. */
  encode(schema: TableSchema, rows: Iterable<TableRow>): Promise<Uint8Array>;
  /** For rows by the million: no object per row. */
  open(schema: TableSchema): TableWriter;
  /** Rows that the file's own footer claims. */
  rowCount(bytes: Uint8Array): number;
}

/** The quota of a question to the log is used up. */
export class LogQueryThrottled extends Error {
  override readonly name = 'LogQueryThrottled';
}
/** A question to the log ended without an answer, or its answer is not whole. */
export class LogQueryFailed extends Error {
  override readonly name = 'LogQueryFailed';
}
/** Nothing under this key. */
export class ObjectNotFound extends Error {
  override readonly name = 'ObjectNotFound';
}
/** Other bytes hold this key: somebody won a race, or determinism is broken. */
export class ObjectConflict extends Error {
  override readonly name = 'ObjectConflict';
}
/** This identity was reserved before. */
export class ReservationExists extends Error {
  override readonly name = 'ReservationExists';
}
/** A counter has no room for what a reservation would take from it. */
export class LimitReached extends Error {
  override readonly name = 'LimitReached';
  readonly counter: string;

  constructor(counter: string) {
    super(`limit ${counter}: no room`);
    this.counter = counter;
  }
}
/** An answer is longer than the place where it was to be kept takes: at least 400,000 bytes. */
export class JobTooLong extends Error {
  override readonly name = 'JobTooLong';
}
/** Somebody else changed a document since it was read. */
export class RecordConflict extends Error {
  override readonly name = 'RecordConflict';
}
/**
 * The store took no work for too long, by its own limits or out of reach. What it was asked may or
 * may not have happened: asking the same again is safe.
 */
export class StoreUnavailable extends Error {
  override readonly name = 'StoreUnavailable';
}
/** A value that its column cannot hold exactly. */
export class TableError extends Error {
  override readonly name = 'TableError';
}
