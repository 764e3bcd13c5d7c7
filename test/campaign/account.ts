import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { macFaultOf } from '../../domain/mac-fault.ts';
import { parseUsageLine } from '../../domain/usage-line.ts';
import { identityOf } from '../../domain/usage-event.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { LONGEST_CALL_MS } from '../../domain/window.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import type { BedrockServerCounts } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import { createSqliteStore } from '../../runtime/local/sqlite/sqlite-store.ts';
import { createLineMac } from '../../runtime/node/line-mac.ts';

/** What is left of many calls, by identity (`id/attempt`): on both sides of the wire. */
export interface Account {
  /** What the simulated Bedrock saw itself, call by call. */
  readonly seen: readonly string[];
  readonly counters: BedrockServerCounts;
  readonly lines: readonly UsageEvent[];
  /** Identities of the lines, as they stand in the journal. */
  readonly metered: readonly string[];
  /** Whole lines that cannot be read, or whose MAC is wrong. */
  readonly spoilt: readonly string[];
  /** Beginnings of lines, as a kill leaves one that it tears while it is written. */
  readonly torn: readonly string[];
  /** Reservations that are settled. */
  readonly settled: readonly string[];
  /** Reservations that are not, after a sweep past every lease. */
  readonly suspended: readonly string[];
}

const ALL_OF_TIME = { startMs: Date.UTC(2001, 8, 10), endMs: Date.UTC(2200, 0, 1) };

/** Reads what a gateway left behind, and asks the Bedrock behind it. */
export async function accountOf(data: string, upstream: string): Promise<Account> {
  const folder = openDataFolder(data);
  const mac = createLineMac(folder.macKey);
  const texts = readdirSync(folder.journal).map((name) =>
    readFileSync(join(folder.journal, name), 'utf8'),
  );
  const written = texts.flatMap((text) => text.split('\n')).filter((line) => line !== '');
  const lines: UsageEvent[] = [];
  const [spoilt, torn]: [string[], string[]] = [[], []];
  for (const line of written) {
    const parsed = macFaultOf(line, mac) === null ? parseUsageLine(line) : { ok: false as const };
    if (parsed.ok) lines.push(parsed.event);
    else (line.endsWith('"}') ? spoilt : torn).push(line);
  }
  const noted = await jsonAt<readonly { readonly tollbook: string }[]>(`${upstream}/__metadata`);
  return {
    ...{ lines, spoilt, torn, metered: lines.map(identityOf) },
    ...{ seen: noted.map(({ tollbook }) => tollbook), ...(await reservationsIn(folder.store)) },
    counters: await jsonAt<BedrockServerCounts>(`${upstream}/__counters`),
  };
}

async function reservationsIn(file: string): Promise<Pick<Account, 'settled' | 'suspended'>> {
  const store = createSqliteStore({ file });
  await store.sweep(Date.now() + 2 * LONGEST_CALL_MS);
  const [settled, suspended]: [string[], string[]] = [[], []];
  for await (const batch of store.reservations(ALL_OF_TIME)) {
    for (const { id, attempt, state } of batch) {
      (state === 'SETTLED' ? settled : suspended).push(`${id}/${attempt}`);
    }
  }
  store.close();
  return { settled, suspended };
}

async function jsonAt<T>(url: string): Promise<T> {
  return (await (await fetch(url)).json()) as T;
}

/** Each token meter summed over the lines. */
export function tokensOf(lines: readonly UsageEvent[]): Readonly<Record<string, number>> {
  const sum = (meter: (typeof TOKEN_METERS)[number]) =>
    lines.reduce((total, line) => total + line[meter], 0);
  return Object.fromEntries(TOKEN_METERS.map((meter) => [meter, sum(meter)]));
}

/** Those of the first that are not among the second. */
export function without(these: readonly string[], others: readonly string[]): readonly string[] {
  const known = new Set(others);
  return these.filter((one) => !known.has(one));
}
