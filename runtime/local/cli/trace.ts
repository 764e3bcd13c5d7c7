import { openDataFolder } from '../data-folder.ts';
import { trailOf, windowName } from '../event-trail.ts';
import type { EventTrail } from '../event-trail.ts';
import type { CellKind } from '../lake/result.ts';
import { EXIT, UsageError, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { note, printLine, tableText } from './output.ts';
import { isEventId } from '../../../domain/event-id.ts';

export const traceCommand: Command = {
  name: 'trace',
  summary: 'follow one call: reservation, row, prices down to the SKU, and its seal',
  usage: '--data DIR EVENT_ID',
  help: ['Exits 1 if nobody knows the id.'],
  async run(args) {
    const { values, positionals } = readArgs(args, { data: { type: 'string' } });
    const [id] = positionals;
    if (id === undefined || positionals.length > 1 || !isEventId(id)) {
      throw new UsageError(`trace: got ${id ?? 'no id'}, expected one event id (UUIDv7)`);
    }
    const trails = await trailOf(openDataFolder(required(values, 'data')), id);
    if (values['json']) printLine(JSON.stringify({ id, attempts: trails }, null, 2));
    else for (const trail of trails) printLine(trailText(trail));
    if (trails.length > 0) return EXIT.fine;
    note(`no call has the id ${id}`);
    return EXIT.failed;
  },
};

function trailText(trail: EventTrail): string {
  const { id, attempt, reservation, row, prices, sealed, corrections } = trail;
  const held = reservation ? reservation.state : 'none';
  const lines = [`call ${id}, attempt ${attempt}`, `  reservation  ${held}`];
  if (!row)
    return [...lines, `  window       ${windowName(id)}, not sealed or in suspense`].join('\n');
  for (const field of ['tenant', 'key', 'model_requested', 'model', 'outcome', 'admitted_at']) {
    lines.push(`  ${field.padEnd(12)} ${String(row[field])}`);
  }
  lines.push(
    `  ${'cost'.padEnd(12)} ${row['cost'] ?? `unpriced: ${String(row['unpriced_reason'])}`}`,
  );
  if (prices.length > 0) lines.push(pricesText(prices));
  for (const { kind, cost, dt, hour, price_book: book } of corrections) {
    lines.push(
      `  ${String(kind).padEnd(12)} ${cost ?? 'unpriced'}, posted ${String(dt)} ${String(hour)}:00, price book ${String(book)}`,
    );
  }
  if (sealed) {
    lines.push(`  sealed by manifest ${sealed.seq} (${sealed.kind}), run ${sealed.run}`);
    lines.push(`  ${sealed.file ?? ''}`, ...sealed.queries.map((query) => `  query ${query}`));
  }
  return lines.join('\n');
}

function pricesText(prices: EventTrail['prices']): string {
  const kinds: Readonly<Record<string, CellKind>> = {
    ...{ quantity: 'count', unit_price: 'money', amount: 'money' },
  };
  const names = Object.keys(prices[0] ?? {});
  const columns = names.map((name) => ({ name, kind: kinds[name] ?? 'text' }));
  const rows = prices.map((price) => names.map((name) => String(price[name] ?? '')));
  return tableText({ columns, rows });
}
