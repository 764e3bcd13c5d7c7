import { canonicalJson, parseStrictJson } from '../../domain/ledger/canonical-json.ts';
import type {
  ControlResult,
  DataFile,
  ManifestInputs,
  QueryEvidence,
} from '../../domain/ledger/manifest.ts';
import type { TokenUsage } from '../../domain/meters.ts';
import type { TotalsText } from '../../domain/window-totals.ts';
import type { Window } from '../../domain/window.ts';
import type { Codec, ObjectStore } from '../ports.ts';
import { workFolder } from './work-folder.ts';

/** The product as it runs: part of what the bytes of a window depend on. */
export interface Build {
  readonly version: string;
  /** sha256 over path and bytes of every file that decides a row. */
  readonly build_sha256: string;
  readonly writer: string;
}

/** What the log said a window holds. */
export interface Counted {
  readonly lines: number;
  readonly foreign: number;
  readonly tokens: TokenUsage;
}

/**
 * What the states know of a window that is not sealed yet. It grows from state to state, as an
 * object in `work/`: it would not fit into a state's payload beside 167 others.
 */
export interface WindowResult {
  readonly start: string;
  readonly run: string;
  readonly price_book: { readonly path: string; readonly sha256: string };
  readonly inputs: ManifestInputs;
  readonly files: readonly DataFile[];
  readonly quarantine: {
    readonly path: string;
    readonly sha256: string;
    readonly rows: number;
  } | null;
  readonly tenant_totals: { readonly path: string; readonly sha256: string };
  readonly totals: TotalsText;
  readonly late: TotalsText;
  /** sha256 over the sorted identities of the window's own accepted lines. */
  readonly identities_sha256: string;
  readonly identities: number;
  /** Identities in quarantine because their lines contradict each other. */
  readonly held: readonly string[];
  /** Archive of lines that settle their reservations again; null if there are none. */
  readonly unsettled: string | null;
  readonly controls: readonly ControlResult[];
  readonly queries: readonly QueryEvidence[];
}

interface ResultPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** Writes a result for the next state and returns its key. */
export async function putResult(
  { objects, codec }: ResultPorts,
  window: Window,
  result: WindowResult,
): Promise<string> {
  const bytes = new TextEncoder().encode(canonicalJson(result));
  const key = `${workFolder(window)}/result-${codec.sha256(bytes)}.json`;
  await objects.putOnce(key, bytes);
  return key;
}

/** Reads what an earlier state of the same build wrote. */
export async function getResult(objects: ObjectStore, key: string): Promise<WindowResult> {
  return parseStrictJson(await objects.get(key)) as WindowResult;
}
