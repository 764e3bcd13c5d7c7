import * as z from 'zod/mini';
import type { ControlResult } from '../../domain/ledger/manifest.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { parseUsd } from '../../domain/money.ts';
import { partitionOf } from '../../domain/window.ts';
import type { Window } from '../../domain/window.ts';
import { control } from './line-controls.ts';
import { getResult, putResult } from './window-result.ts';
import type { WindowResult } from './window-result.ts';
import { objectKey, parseInput, windowStart } from '../step-input.ts';
import type { Catalog, Codec, ObjectStore, QueryEngine, RunFiles, SqlRow } from '../ports.ts';

const AuditInput = z.strictObject({ start: windowStart, result: objectKey });

/** Statements of `sql/audit/`, by file name. */
export interface AuditStatements {
  readonly rowsAgainstPrices: string;
  readonly chargesAgainstRows: string;
  readonly chargeTotals: string;
}

interface AuditPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
  readonly catalog: Pick<Catalog, 'addCandidate'>;
  readonly sql: QueryEngine;
  readonly audit: AuditStatements;
}

export interface AuditWindowOutput {
  readonly start: string;
  readonly result: string;
  /** Do all controls agree? */
  readonly ties: boolean;
  /** The controls that do not, the first few, for people. */
  readonly differences: readonly string[];
}

const NAMED_MAX = 5;

/**
 * State `AuditWindow`: reads the run's Parquet back with another reader, derives every charge again in
 * SQL, and says whether every control ties. Nothing of the run is visible to analysts yet.
 */
export function createAuditWindow(ports: AuditPorts) {
  return async function auditWindow(input: unknown): Promise<AuditWindowOutput> {
    const { start: window, result: key } = parseInput(AuditInput, input);
    const result = await getResult(ports.objects, key);
    const candidate = await ports.catalog.addCandidate(result.run, runFiles(window, result));
    const controls = [...result.controls];
    try {
      controls.push(...(await auditControls(ports, result, candidate.run)));
    } finally {
      await candidate.drop();
    }
    const broken = controls.filter(({ ok }) => !ok);
    const differences = broken
      .slice(0, NAMED_MAX)
      .map(({ id, left, right }) => `${id}: ${left} against ${right}`);
    return {
      start: result.start,
      result: await putResult(ports, window, { ...result, controls }),
      ties: broken.length === 0,
      differences,
    };
  };
}

/** The run's files per table, as the catalogue takes them. */
export function runFiles(window: Window, { run, files, quarantine }: WindowResult): RunFiles[] {
  const all = quarantine ? [...files, quarantine] : files;
  const byTable = Map.groupBy(all, ({ path }) => path.split('/')[1] ?? '');
  return [...byTable].map(([table, members]) => ({
    table,
    partition: partitionOf(window),
    run,
    keys: members.map(({ path }) => path),
  }));
}

async function auditControls(
  ports: AuditPorts,
  result: WindowResult,
  run: string,
): Promise<ControlResult[]> {
  const { totals } = result;
  const values = { run, book: result.price_book.sha256 };
  const [rows] = await ports.sql.rows(ports.audit.rowsAgainstPrices, values);
  const charges = await ports.sql.rows(ports.audit.chargesAgainstRows, { run });
  const [sums] = await ports.sql.rows(ports.audit.chargeTotals, { run });
  const cost = BigInt(totals.cost_pusd);
  return [
    control('C4.rows: priced = read back', totals.rows, figure(rows, 'row_count')),
    ...TOKEN_METERS.map((meter) =>
      control(`C4.${meter}: priced = read back`, totals[meter], figure(rows, meter)),
    ),
    control('C4.unpriced: priced = read back', totals.unpriced, figure(rows, 'unpriced')),
    control('C4.cost: priced = read back, pUSD', cost, money(rows, 'cost')),
    control('audit.cost: priced = derived in SQL, pUSD', cost, money(rows, 'derived_cost')),
    control('audit.rows: rows whose cost differs in SQL', '0', figure(rows, 'differing')),
    control('audit.reasons: unpriced rows without a reason', '0', figure(rows, 'unexplained')),
    control('audit.charges: charges that differ from rows', 0, charges.length),
    control('audit.amount: sum of charges = sum of rows, pUSD', cost, money(sums, 'amount')),
  ];
}

function figure(row: SqlRow | undefined, column: string): string {
  return row?.[column] ?? '0';
}

function money(row: SqlRow | undefined, column: string): bigint {
  return parseUsd(figure(row, column));
}
