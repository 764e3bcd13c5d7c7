import { createHash, createPrivateKey } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { canonicalBytes } from '../../domain/ledger/canonical-json.ts';
import { checkpointName, sealCheckpoint } from '../../domain/ledger/checkpoint.ts';
import { parseEnvelope, sealEnvelope } from '../../domain/ledger/dsse.ts';
import type { EnvelopeSigner } from '../../domain/ledger/dsse.ts';
import type { CountedFile, DataFile, FileDigest, Manifest } from '../../domain/ledger/manifest.ts';
import { manifestPath } from '../../domain/ledger/manifest.ts';
import { encodeManifest } from '../../domain/ledger/manifest-form.ts';
import { encodeTenantTotals, sumTotals } from '../../domain/ledger/tenant-totals.ts';
import type { TenantTotals } from '../../domain/ledger/tenant-totals.ts';
import { encodeTrust } from '../../domain/ledger/trust.ts';
import type { TrustedKey } from '../../domain/ledger/trust.ts';
import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import { signerOf } from '../../runtime/local/ledger/ed25519-signer.ts';
import type { Ed25519Signer } from '../../runtime/local/ledger/ed25519-signer.ts';

export const LEDGER = 'acme-test';
const START_MS = Date.parse('2026-02-28T22:00:00.000Z');
const ED25519_PKCS8 = '302e020100300506032b657004220420';

/** What a test wants of one window of the ledger. */
export interface WindowPlan {
  readonly usageRows: number;
  readonly quarantined?: number;
  readonly lateRows?: number;
  /** Empty hours before this window. */
  readonly emptyHours?: number;
  readonly forced?: boolean;
  /** All rows came from reservations: no line was accepted. */
  readonly withoutArchive?: boolean;
}

/** Everything a manifest can hold, and a plain window at either end. */
export const FIVE_WINDOWS: readonly WindowPlan[] = [
  { usageRows: 3 },
  { usageRows: 5, quarantined: 2, lateRows: 1 },
  { usageRows: 2, emptyHours: 3, forced: true },
  { usageRows: 1, withoutArchive: true },
  { usageRows: 4, quarantined: 1, lateRows: 2 },
];

/** A key made of one repeated byte: the same in every run. */
export function keyOfByte(byte: number): Ed25519Signer {
  const seed = Buffer.alloc(32, byte);
  const der = Buffer.concat([Buffer.from(ED25519_PKCS8, 'hex'), seed]);
  return signerOf(createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
}

export const signer = keyOfByte(1);
/** Trusted for the first two manifests only. */
export const retiredSigner = keyOfByte(2);
export const strangerSigner = keyOfByte(3);

export const sha256 = (bytes: Uint8Array | string) =>
  createHash('sha256').update(bytes).digest('hex');

export function trustedKey(of: Ed25519Signer, part: Partial<TrustedKey> = {}): TrustedKey {
  const spki = Buffer.from(of.publicKeySpki).toString('base64');
  const span = { from_seq: 0, to_seq: null, status: 'active' as const };
  return { keyid: of.keyId, spki, alg: of.alg, ...span, ...part };
}

export const trustBytes = encodeTrust({
  ledger: LEDGER,
  keys: [trustedKey(signer), trustedKey(retiredSigner, { to_seq: 1, status: 'retired' })],
});

/** A ledger in `root`: `lake/`, `trust.json`, `checkpoints/`. */
export class LedgerOnDisk {
  readonly root: string;

  constructor(root: string) {
    this.root = root;
  }

  get lake(): string {
    return join(this.root, 'lake');
  }

  get trustFile(): string {
    return join(this.root, 'trust.json');
  }

  checkpointFile(size: number): string {
    return join(this.root, 'checkpoints', checkpointName(size));
  }

  at(path: string): string {
    return join(this.lake, path);
  }

  read(path: string): Buffer {
    return readFileSync(this.at(path));
  }

  write(path: string, bytes: Uint8Array | string): void {
    mkdirSync(dirname(this.at(path)), { recursive: true });
    writeFileSync(this.at(path), bytes);
  }

  payload(seq: number): Uint8Array {
    return parseEnvelope(this.read(manifestPath(seq))).payload;
  }

  manifest(seq: number): Manifest {
    return JSON.parse(Buffer.from(this.payload(seq)).toString()) as Manifest;
  }

  /** Signs any payload, well-formed or not, as the manifest `seq`. */
  async sealPayload(seq: number, payload: Uint8Array | string, by: EnvelopeSigner = signer) {
    const bytes = typeof payload === 'string' ? new TextEncoder().encode(payload) : payload;
    this.write(manifestPath(seq), await sealEnvelope(bytes, by));
  }

  /** Changes the manifest `seq` and signs it again, without asking whether it is still valid. */
  async reseal(seq: number, change: (manifest: Mutable) => void, by: EnvelopeSigner = signer) {
    const manifest: unknown = this.manifest(seq);
    change(manifest as Mutable);
    await this.sealPayload(seq, canonicalBytes(manifest), by);
  }

  async writeCheckpoint(size: number, by: Ed25519Signer = signer, ledger = LEDGER) {
    const head = { ledger, size, headSha256: sha256(this.payload(size - 1)) };
    mkdirSync(join(this.root, 'checkpoints'), { recursive: true });
    writeFileSync(this.checkpointFile(size), await sealCheckpoint(head, by, sha256));
  }
}

/** A manifest that a test may break in any way. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any -- mutations go against every type
export type Mutable = any;

/** Makes a valid ledger with real Parquet files, archives, books and a checkpoint of every size. */
export async function buildLedger(
  root: string,
  plans: readonly WindowPlan[] = FIVE_WINDOWS,
  by: EnvelopeSigner = signer,
): Promise<LedgerOnDisk> {
  const ledger = new LedgerOnDisk(root);
  mkdirSync(ledger.lake, { recursive: true });
  writeFileSync(ledger.trustFile, trustBytes);
  let prev: string | null = null;
  let startMs = START_MS;
  for (const [seq, plan] of plans.entries()) {
    const emptyFromMs = startMs;
    startMs += (plan.emptyHours ?? 0) * HOUR_MS;
    const window = {
      start: formatInstant(startMs),
      end: formatInstant(startMs + HOUR_MS),
      revision: 0,
      empty_from: startMs === emptyFromMs ? null : formatInstant(emptyFromMs),
    };
    const payload = encodeManifest(windowManifest(ledger, plan, { seq, prev, window }));
    ledger.write(manifestPath(seq), await sealEnvelope(payload, by));
    await ledger.writeCheckpoint(seq + 1);
    prev = sha256(payload);
    startMs += HOUR_MS;
  }
  return ledger;
}

type Place = Pick<Manifest, 'seq' | 'prev'> & { window: Manifest['statement']['window'] };

function windowManifest(ledger: LedgerOnDisk, plan: WindowPlan, place: Place): Manifest {
  const { seq, prev, window } = place;
  const control = { id: 'C1', left: '1', right: plan.forced ? '2' : '1', ok: !plan.forced };
  return {
    schema: 'metering.manifest/v1',
    ledger: LEDGER,
    seq,
    prev,
    kind: plan.forced ? 'force' : 'window',
    statement: { window, ...windowFiles(ledger, plan, place), controls: [control] },
    evidence: {
      queries: [
        {
          query_id: `query-${seq}`,
          start: window.start,
          end: window.end,
          status: 'Complete',
          matched: plan.usageRows,
          scanned: 10,
          bytes: 1000,
          pages: 1,
        },
      ],
      started: window.end,
      sealed_at: window.end,
      runner: 'test',
      attempt: 1,
      host_skew_ms: -3,
      forced: plan.forced ? { by: 'Ada', reason: 'a line was lost' } : null,
    },
  };
}

function windowFiles(ledger: LedgerOnDisk, plan: WindowPlan, { seq, window }: Place) {
  const hour = `dt=${window.start.slice(0, 10)}/hour=${window.start.slice(11, 13)}`;
  const table = (name: string, rows: number) =>
    putTable(ledger, `data/${name}/${hour}/run=${seq.toString().padStart(16, '0')}`, rows);
  const archive = (name: string, rows: number): CountedFile => {
    const lines = Array.from({ length: rows }, (_, row) => `{"line":"${name} ${seq} ${row}"}\n`);
    const path = `inputs/${hour}/${name}-${seq}.ndjson.zst`;
    return { ...put(ledger, path, zstdCompressSync(lines.join(''))), rows };
  };
  const tenants = tenantTotals(plan.usageRows);
  const late = plan.lateRows === undefined ? [] : [archive('late', plan.lateRows)];
  const inputs = plan.withoutArchive
    ? { path: null, sha256: null, rows: 0 }
    : archive('lines', plan.usageRows);
  return {
    inputs: { ...inputs, duplicates: 1, sources: [], late },
    price_book: put(ledger, `prices/book-${sha256('book')}.json`, Buffer.from('{"book":1}')),
    code: { version: '0.1.0', build_sha256: sha256('build'), writer: 'hyparquet-writer 0.17.0' },
    schema_sha256: sha256('schema'),
    files: [table('charges', 2), table('usage', plan.usageRows)],
    totals: sumTotals(tenants),
    tenant_totals: put(ledger, `totals/${hour}/tenants-${seq}.json`, encodeTenantTotals(tenants)),
    quarantine: plan.quarantined === undefined ? null : table('quarantine', plan.quarantined),
    adjustments: { rows: plan.lateRows ?? 0, cost_pusd: '0' },
  };
}

function tenantTotals(rows: number): readonly TenantTotals[] {
  const tokens = { cache_read: '0', cache_write_5m: '0', cache_write_1h: '7', output: '20' };
  const big = '9007199254740993';
  const first = { tenant: 'alpha', rows: 1, input: big, ...tokens, cost_pusd: '3000000' };
  if (rows === 1) return [first];
  const rest = { tenant: 'beta', rows: rows - 1, input: '5', ...tokens, cost_pusd: '-1' };
  return [rest, first];
}

/** A file of a few columns; in its name the hash of its bytes. */
function putTable(ledger: LedgerOnDisk, folder: string, rows: number): CountedFile & DataFile {
  const ids = Array.from({ length: rows }, (_, row) => `${folder} ${row}`);
  const quantities = ids.map((_, row) => BigInt(row));
  const bytes = new Uint8Array(
    parquetWriteBuffer({
      columnData: [
        { name: 'id', data: ids, type: 'STRING' },
        { name: 'quantity', data: quantities, type: 'INT64' },
      ],
    }),
  );
  const file = put(ledger, `${folder}/part-${sha256(bytes)}.parquet`, bytes);
  return folder.startsWith('data/quarantine/')
    ? ({ ...file, rows } as CountedFile & DataFile)
    : { ...file, bytes: bytes.length, rows };
}

function put(ledger: LedgerOnDisk, path: string, bytes: Uint8Array): FileDigest {
  ledger.write(path, bytes);
  return { path, sha256: sha256(bytes) };
}
