import type { QuarantinedLine } from '../../domain/accept-lines.ts';
import { hourOf } from '../../domain/instant.ts';
import type { TableRow } from '../../domain/lake.ts';
import { rawAdmittedMs } from '../../domain/raw-line.ts';
import { windowTimeMs } from '../../domain/window.ts';
import type { Codec } from '../ports.ts';

/** Rows that tell what was refused and why; digests instead of content, in a total order. */
export function quarantineRows(
  lines: readonly QuarantinedLine[],
  codec: Pick<Codec, 'sha256'>,
): TableRow[] {
  const rows = lines.map(({ text, emittedMs, reason, identity }) => ({
    reason,
    line_sha256: codec.sha256(text),
    line_bytes: new TextEncoder().encode(text).length,
    emitted_at: emittedMs,
    identity,
    window_start: hourOf(windowTimeMs(emittedMs, rawAdmittedMs(text))),
  }));
  const order = ({ emitted_at, line_sha256, reason }: (typeof rows)[number]) =>
    `${emitted_at} ${line_sha256} ${reason}`;
  return rows.sort((a, b) => (order(a) < order(b) ? -1 : 1));
}

/** Identities whose lines contradict each other: settled, yet without a row. */
export function conflictsOf(quarantined: readonly QuarantinedLine[]): string[] {
  const conflicts = quarantined.filter(({ reason }) => reason === 'conflict');
  return [...new Set(conflicts.flatMap(({ identity }) => identity ?? []))].sort();
}
