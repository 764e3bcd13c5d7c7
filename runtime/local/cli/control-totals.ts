import { TOKEN_METERS } from '../../../domain/meters.ts';
import type { ControlResult, CountedFile, Manifest } from '../../../domain/ledger/manifest.ts';
import { formatUsd } from '../../../domain/money.ts';
import { readManifestsSince } from '../../../handlers/metering/ledger-head.ts';
import { nodeCodec } from '../../node/codec.ts';
import { createFolderObjects } from '../lake/folder-objects.ts';
import type { Result } from '../lake/result.ts';

/** Manifests of a lake, oldest first. */
export async function manifestsOf(lake: string): Promise<readonly Manifest[]> {
  const objects = createFolderObjects(lake);
  const manifests = await readManifestsSince({ objects, codec: nodeCodec }, 0);
  return [...manifests].reverse();
}

/** Where each figure of the controls stands: stage → control id → which side. */
const STAGES = [
  ['usage lines the log counts', 'C3.', ': log', 'left'],
  ['usage lines read', 'C3.', ': log', 'right'],
  ['rows priced', 'C4.', ': priced = read back', 'left'],
  ['rows read back from Parquet', 'C4.', ': priced = read back', 'right'],
] as const;

/** The same totals at every stage, summed over the sealed windows; each line must explain the next. */
export function controlTotals(manifests: readonly Manifest[]): Result {
  const controls = manifests.flatMap(({ statement }) => statement.controls);
  const rows = STAGES.map(([title, prefix, marker, side]) => {
    const figure = (name: string) => sumOf(controls, `${prefix}${name}${marker}`, side);
    const counts = [prefix === 'C3.' ? figure('lines') : figure('rows')];
    const cost = prefix === 'C4.' ? formatUsd(figure('cost')) : '';
    return [
      title,
      ...counts.map(String),
      ...TOKEN_METERS.map((meter) => String(figure(meter))),
      cost,
    ];
  });
  const settled = sumOf(controls, 'C1.count', 'left');
  const held = sumOf(controls, 'suspense', 'left');
  rows.unshift([
    'reservations, settled or in suspense',
    String(settled + held),
    ...TOKEN_METERS.map(() => ''),
    '',
  ]);
  const derived = formatUsd(sumOf(controls, 'audit.cost', 'right'));
  const charges = formatUsd(sumOf(controls, 'audit.amount', 'left'));
  const blank = TOKEN_METERS.map(() => '');
  rows.push(['derived again in SQL', '', ...blank, derived], ['charges', '', ...blank, charges]);
  return {
    columns: [
      { name: 'stage', kind: 'text' },
      { name: 'calls', kind: 'count' },
      ...TOKEN_METERS.map((meter) => ({
        name: meter.replaceAll('_', ' '),
        kind: 'count' as const,
      })),
      { name: 'USD', kind: 'text' },
    ],
    rows,
  };
}

function sumOf(controls: readonly ControlResult[], prefix: string, side: 'left' | 'right'): bigint {
  const matching = controls.filter(({ id }) => id.startsWith(prefix));
  return matching.reduce((sum, control) => sum + BigInt(control[side]), 0n);
}

/** What became of lines and reservations that are not rows, in words. */
export function exceptions(manifests: readonly Manifest[]): string[] {
  const statements = manifests.map(({ statement }) => statement);
  const controls = statements.flatMap((statement) => statement.controls);
  const count = (of: (statement: Manifest['statement']) => number) =>
    statements.reduce((sum, statement) => sum + of(statement), 0);
  const read = sumOf(controls, 'C3.lines', 'right');
  const duplicates = BigInt(count(({ inputs }) => inputs.duplicates));
  const quarantined = BigInt(count(({ quarantine }) => quarantine?.rows ?? 0));
  const adjusted = BigInt(count(({ adjustments }) => adjustments.rows));
  const late = BigInt(count(({ inputs }) => rowsOf(inputs.late.filter(isOfLines))));
  const own = BigInt(count(({ totals }) => totals.rows)) - adjusted;
  const redone = own - (read - duplicates - quarantined);
  return [
    `${duplicates} lines came twice and count once`,
    `${redone} lost lines were redone from their reservations`,
    `${sumOf(controls, 'suspense', 'left')} reservations of unknown outcome are held in suspense`,
    `${quarantined} lines are in quarantine`,
    `${late} rows are late ones of earlier windows`,
    `${adjusted - late} rows take back or charge anew what was repriced`,
  ].filter((sentence) => !sentence.startsWith('0 '));
}

/** Late lines wait under `late/`; what else is read late is an order to reprice. */
function isOfLines({ path }: CountedFile): boolean {
  return path.includes('/late/');
}

function rowsOf(files: readonly CountedFile[]): number {
  return files.reduce((sum, { rows }) => sum + rows, 0);
}
