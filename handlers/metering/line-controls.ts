import { TOKEN_METERS } from '../../domain/meters.ts';
import type { ControlResult } from '../../domain/ledger/manifest.ts';
import { rawTokens } from '../../domain/raw-line.ts';
import type { WindowRating } from './rated-window.ts';
import type { WindowLines } from './window-lines.ts';
import type { Counted } from './window-result.ts';

/** More than this share of a window's lines in quarantine, and more than `QUARANTINE_MIN`, is a break. */
const QUARANTINE_SHARE = 0.01;
const QUARANTINE_MIN = 10;

/** Two figures that must be equal. */
export function control(
  id: string,
  left: string | number | bigint,
  right: typeof left,
): ControlResult {
  return { id, left: String(left), right: String(right), ok: String(left) === String(right) };
}

/**
 * What must hold between the log's own count, the lines read, and the reservations, before anything
 * is priced. The log counted by pattern, we by parsing: two readings of the same bytes.
 */
export function lineControls(
  counted: Counted,
  own: WindowLines,
  rated: Pick<WindowRating, 'totals' | 'late' | 'quarantined'>,
): ControlResult[] {
  const { logged, redone, duplicates } = own;
  const refused = [...own.quarantined, ...rated.quarantined.filter(({ kind }) => kind === 'call')];
  const totals = rated.totals();
  const rows = totals.rows - rated.late.rows - redone.count;
  const quarantineLimit = Math.max(QUARANTINE_MIN, Math.floor(logged * QUARANTINE_SHARE));
  return [
    control('C3.lines: log count = lines read', counted.lines, logged),
    ...TOKEN_METERS.map((meter) => {
      const notRows = duplicates.tokens[meter] + sumRaw(refused, meter);
      const read = totals[meter] - rated.late[meter] - redone.tokens[meter] + notRows;
      return control(`C3.${meter}: log sum = parsed sum`, counted.tokens[meter], read);
    }),
    control(
      'lines read = rows + copies + quarantined',
      logged,
      rows + duplicates.count + refused.length,
    ),
    control('C1.open: reservations still open', 0, own.open),
    control('C1.lost: settled reservations without a line', 0, own.lost.length),
    {
      id: 'quarantined lines at most 1 % or ten',
      left: String(refused.length),
      right: String(quarantineLimit),
      ok: refused.length <= quarantineLimit,
    },
    control('suspense: reservations of unknown outcome', own.suspense, own.suspense),
    control('foreign lines', counted.foreign, counted.foreign),
  ];
}

function sumRaw(
  lines: readonly { readonly text: string }[],
  meter: (typeof TOKEN_METERS)[number],
): bigint {
  return lines.reduce((sum, { text }) => sum + BigInt(rawTokens(text)[meter]), 0n);
}
