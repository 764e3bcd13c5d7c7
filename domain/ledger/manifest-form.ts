import { HOUR_MS, hourOf, parseInstant } from '../instant.ts';
import { TOKEN_METERS } from '../meters.ts';
import { canonicalBytes, parseCanonical } from './canonical-json.ts';
import * as manifest from './manifest.ts';
import type { Manifest, ManifestStatement } from './manifest.ts';
import * as shape from './shape.ts';
import type { Shape } from './shape.ts';

const SEGMENT = '(?!\\.\\.?(?:/|$))[A-Za-z0-9._=-]+';
const path = shape.text(
  new RegExp(`^(?=.{1,400}$)${SEGMENT}(?:/${SEGMENT})*$`),
  'a relative path of [A-Za-z0-9._=-] segments without ".."',
);
/** Deployment id: also the origin of checkpoints, so no spaces and no plus sign. */
export const ledgerName = shape.text(
  /^[A-Za-z0-9][A-Za-z0-9._/-]{0,99}$/,
  'a ledger name of at most 100 characters [A-Za-z0-9._/-]',
);
const nothing: Shape<never> = (value, at) => {
  throw shape.refuse(at, value, 'an empty list in this version');
};

const { integer, decimal, sha256Hex, shortAscii, instantText, nullable, arrayOf } = shape;
const counted = { path, sha256: sha256Hex, rows: integer() };

/** Totals of a window, and of each tenant in it. */
export const totalsMembers = {
  rows: integer(),
  ...(Object.fromEntries(TOKEN_METERS.map((meter) => [meter, decimal])) as Record<
    (typeof TOKEN_METERS)[number],
    Shape<string>
  >),
  cost_pusd: decimal,
};

const STATEMENT = shape.objectOf<ManifestStatement>({
  window: shape.objectOf({
    start: instantText,
    end: instantText,
    revision: integer(),
    empty_from: nullable(instantText),
  }),
  inputs: shape.objectOf({
    path: nullable(path),
    sha256: nullable(sha256Hex),
    rows: integer(),
    duplicates: integer(),
    sources: arrayOf(nothing),
    late: arrayOf(shape.objectOf<manifest.CountedFile>(counted)),
  }),
  price_book: shape.objectOf<manifest.FileDigest>({ path, sha256: sha256Hex }),
  code: shape.objectOf({ version: shortAscii, build_sha256: sha256Hex, writer: shortAscii }),
  schema_sha256: sha256Hex,
  files: arrayOf(shape.objectOf<manifest.DataFile>({ ...counted, bytes: integer() })),
  totals: shape.objectOf<manifest.ManifestTotals>(totalsMembers),
  tenant_totals: shape.objectOf<manifest.FileDigest>({ path, sha256: sha256Hex }),
  quarantine: nullable(shape.objectOf<manifest.CountedFile>(counted)),
  adjustments: shape.objectOf({ rows: integer(), cost_pusd: decimal }),
  controls: arrayOf(
    shape.objectOf<manifest.ControlResult>({
      id: shortAscii,
      left: shortAscii,
      right: shortAscii,
      ok: shape.flag,
    }),
  ),
});

const EVIDENCE = shape.objectOf<manifest.ManifestEvidence>({
  queries: arrayOf(
    shape.objectOf<manifest.QueryEvidence>({
      query_id: shortAscii,
      start: instantText,
      end: instantText,
      status: shortAscii,
      matched: integer(),
      scanned: integer(),
      bytes: integer(),
      pages: integer(),
    }),
  ),
  started: instantText,
  sealed_at: instantText,
  runner: shortAscii,
  attempt: integer(),
  host_skew_ms: integer(Number.MIN_SAFE_INTEGER),
  forced: nullable(shape.objectOf({ by: shape.words, reason: shape.words })),
});

const MANIFEST = shape.objectOf<Manifest>({
  schema: shape.oneOf(manifest.MANIFEST_SCHEMA),
  ledger: ledgerName,
  seq: integer(),
  prev: nullable(sha256Hex),
  kind: shape.oneOf(...manifest.MANIFEST_KINDS),
  statement: STATEMENT,
  evidence: EVIDENCE,
});

/**
 * Reads a manifest from its payload bytes.
 *
 * @throws LedgerFormatError if the bytes are not canonical, or the manifest breaks a rule that can be
 * seen without its neighbours and files.
 */
export function parseManifest(payload: Uint8Array): Manifest {
  return checked(MANIFEST(parseCanonical(payload), 'manifest'));
}

/**
 * Writes the payload bytes of a manifest: what is hashed, chained and signed.
 *
 * @throws LedgerFormatError rather than write a manifest that `parseManifest` would refuse.
 */
export function encodeManifest(value: Manifest): Uint8Array {
  return canonicalBytes(checked(MANIFEST(value, 'manifest')));
}

/** Every path that a manifest lists, the price book's apart. */
export function listedPaths({ inputs, files, tenant_totals, quarantine }: ManifestStatement) {
  const listed = [...files, ...inputs.late, tenant_totals].map((file) => file.path);
  if (quarantine !== null) listed.push(quarantine.path);
  if (inputs.path !== null) listed.push(inputs.path);
  return listed;
}

function checked(value: Manifest): Manifest {
  checkWindow(value.statement.window);
  checkInputs(value.statement.inputs);
  checkPaths(value.statement);
  checkForce(value);
  return value;
}

function checkWindow({ start, end, revision, empty_from }: manifest.ManifestWindow): void {
  const at = 'manifest.statement.window';
  const startMs = parseInstant(start);
  if (hourOf(startMs) !== startMs) throw shape.refuse(`${at}.start`, start, 'a whole UTC hour');
  if (parseInstant(end) !== startMs + HOUR_MS) {
    throw shape.refuse(`${at}.end`, end, 'one hour after the start');
  }
  if (revision !== 0) throw shape.refuse(`${at}.revision`, revision, '0');
  if (empty_from === null) return;
  const emptyFromMs = parseInstant(empty_from);
  if (emptyFromMs >= startMs || hourOf(emptyFromMs) !== emptyFromMs) {
    throw shape.refuse(`${at}.empty_from`, empty_from, 'a whole UTC hour before the start');
  }
}

function checkInputs({ path: archive, sha256, rows }: manifest.ManifestInputs): void {
  const at = 'manifest.statement.inputs';
  if ((archive === null) !== (sha256 === null)) {
    throw shape.refuse(`${at}.sha256`, sha256, 'null exactly when the path is');
  }
  if (archive === null && rows !== 0) throw shape.refuse(`${at}.rows`, rows, '0 without archive');
}

function checkPaths(statement: ManifestStatement): void {
  const paths = statement.files.map((file) => file.path);
  const unsorted = paths.find((each, index) => index > 0 && (paths[index - 1] ?? '') >= each);
  if (unsorted !== undefined) {
    throw shape.refuse('manifest.statement.files', unsorted, 'paths in order, each once');
  }
  const seen = new Set<string>([statement.price_book.path.toLowerCase()]);
  for (const each of listedPaths(statement)) {
    // Some file systems and object browsers take both spellings for one file.
    const folded = each.toLowerCase();
    if (seen.has(folded)) {
      throw shape.refuse('manifest.statement', each, 'each path once, ignoring case');
    }
    seen.add(folded);
  }
}

function checkForce({ kind, evidence, statement }: Manifest): void {
  if ((kind === 'force') !== (evidence.forced !== null)) {
    throw shape.refuse('manifest.evidence.forced', evidence.forced, 'set exactly when forced');
  }
  const broken = statement.controls.find((control) => !control.ok);
  if (kind !== 'force' && broken !== undefined) {
    throw shape.refuse('manifest.statement.controls', broken, 'every control ok');
  }
}
