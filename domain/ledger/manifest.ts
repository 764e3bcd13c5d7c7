import type { TokenMeter } from '../meters.ts';

/** What a manifest says it is. */
export const MANIFEST_SCHEMA = 'metering.manifest/v1';

/**
 * Kinds of act that exist so far. `force` seals a window whose controls do not tie, by name and with
 * a reason. A verifier refuses a kind it does not know.
 */
export const MANIFEST_KINDS = ['window', 'force'] as const;
export type ManifestKind = (typeof MANIFEST_KINDS)[number];

/** A file of the lake by path and content. */
export interface FileDigest {
  /** Relative to the lake, `/`-separated. */
  readonly path: string;
  /** Lower-case hex. */
  readonly sha256: string;
}

export interface CountedFile extends FileDigest {
  readonly rows: number;
}

export interface DataFile extends CountedFile {
  readonly bytes: number;
}

/** Instants are `YYYY-MM-DDTHH:MM:SS.sssZ`. */
export interface ManifestWindow {
  readonly start: string;
  /** Exclusive; one hour after `start`. */
  readonly end: string;
  /** 0 for `window` and `force`. */
  readonly revision: number;
  /** The hours `[empty_from, start)` held nothing; null when the previous window ends at `start`. */
  readonly empty_from: string | null;
}

export interface ManifestInputs {
  /** Null, with `sha256`, when no line of the window was accepted. */
  readonly path: string | null;
  readonly sha256: string | null;
  readonly rows: number;
  /** Copies that were dropped. */
  readonly duplicates: number;
  /** Sequence ranges per source: none in this version. */
  readonly sources: readonly never[];
  /** Archives of lines that came after their own window was sealed. */
  readonly late: readonly CountedFile[];
}

/** Whole numbers as decimal text, because sums may pass 2^53. */
export type ManifestTotals = {
  readonly rows: number;
  /** Pico-USD. */
  readonly cost_pusd: string;
} & Readonly<Record<TokenMeter, string>>;

export interface ControlResult {
  readonly id: string;
  readonly left: string;
  readonly right: string;
  readonly ok: boolean;
}

/** The deterministic part: same inputs, price book and build give the same bytes. */
export interface ManifestStatement {
  readonly window: ManifestWindow;
  readonly inputs: ManifestInputs;
  readonly price_book: FileDigest;
  readonly code: {
    readonly version: string;
    readonly build_sha256: string;
    readonly writer: string;
  };
  readonly schema_sha256: string;
  /** Sorted by path. */
  readonly files: readonly DataFile[];
  readonly totals: ManifestTotals;
  readonly tenant_totals: FileDigest;
  readonly quarantine: CountedFile | null;
  readonly adjustments: { readonly rows: number; readonly cost_pusd: string };
  readonly controls: readonly ControlResult[];
}

export interface QueryEvidence {
  readonly query_id: string;
  readonly start: string;
  readonly end: string;
  readonly status: string;
  readonly matched: number;
  readonly scanned: number;
  readonly bytes: number;
  readonly pages: number;
}

/** What this run saw and when: differs from run to run, so it is kept apart. */
export interface ManifestEvidence {
  readonly queries: readonly QueryEvidence[];
  readonly started: string;
  readonly sealed_at: string;
  readonly runner: string;
  readonly attempt: number;
  readonly host_skew_ms: number;
  /** Not null exactly when the kind is `force`. */
  readonly forced: { readonly by: string; readonly reason: string } | null;
}

/** One sealed window or act of the ledger. */
export interface Manifest {
  readonly schema: typeof MANIFEST_SCHEMA;
  /** Deployment id. */
  readonly ledger: string;
  /** From 0, without gaps. */
  readonly seq: number;
  /** sha256 hex of the previous payload bytes; null for the first. */
  readonly prev: string | null;
  readonly kind: ManifestKind;
  readonly statement: ManifestStatement;
  readonly evidence: ManifestEvidence;
}

const SEQ_DIGITS = 12;
const MANIFEST_PATH = /^manifests\/([0-9]{12})\.dsse\.json$/;

/** `manifests/000000000042.dsse.json`. */
export function manifestPath(seq: number): string {
  return `manifests/${seq.toString().padStart(SEQ_DIGITS, '0')}.dsse.json`;
}

/** The sequence number in a manifest's path, or null if the path is not a manifest's. */
export function seqOfManifestPath(path: string): number | null {
  const digits = MANIFEST_PATH.exec(path)?.[1];
  return digits === undefined ? null : Number(digits);
}
