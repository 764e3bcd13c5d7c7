import { firstEventIdAt } from '../../../domain/event-id.ts';
import { HOUR_MS, hourOf } from '../../../domain/instant.ts';
import type { ReservationState, ReservedAttempt } from '../../../domain/match-reservations.ts';
import type { Window } from '../../../domain/window.ts';
import type { Store } from '../../../handlers/ports.ts';
import { allItems, pagesOf } from './dynamo-pages.ts';
import type { PartitionQuery } from './dynamo-pages.ts';
import {
  HOURS,
  SHARDS,
  hourName,
  hourStartMs,
  identityInKey,
  reservationsKey,
  textIn,
} from './dynamo-table.ts';
import type { DynamoTable, Item } from './dynamo-table.ts';

/** Reservations by window: the sixteen partitions of an hour, merged. Query and nothing else. */
export function createDynamoWindows(
  table: DynamoTable,
): Pick<Store, 'reservations' | 'nextHourWithReservation'> {
  async function isEmptySince(hour: string, fromMs: number): Promise<boolean> {
    const found = await Promise.all(
      SHARDS.map((shard) =>
        allItems(table, {
          KeyConditionExpression: 'pk = :pk AND sk >= :from',
          ExpressionAttributeValues: {
            ':pk': { S: reservationsKey(hour, shard) },
            ':from': { S: firstEventIdAt(fromMs) },
          },
          ProjectionExpression: 'sk',
          Limit: 1,
        }),
      ),
    );
    return found.every((items) => items.length === 0);
  }

  return {
    reservations: (window) => mergedBatches(table, window),

    async nextHourWithReservation(fromMs) {
      const marks = pagesOf(table, {
        KeyConditionExpression: 'pk = :pk AND sk >= :from',
        ExpressionAttributeValues: {
          ':pk': { S: HOURS },
          ':from': { S: hourName(hourOf(fromMs)) },
        },
      });
      for await (const page of marks) {
        for (const mark of page) {
          const hour = textIn(mark, 'sk');
          // A process may have died between the mark and its first reservation.
          if (!(await isEmptySince(hour, fromMs))) return hourStartMs(hour);
        }
      }
      return undefined;
    },
  };
}

/** Batches of a window by id and attempt. */
async function* mergedBatches(
  table: DynamoTable,
  window: Window,
): AsyncGenerator<readonly ReservedAttempt[]> {
  const shards = shardQueries(window).map((query) => createReadAhead(pagesOf(table, query)));
  for (;;) {
    await Promise.all(shards.map((shard) => shard.fill()));
    // Up to here every shard is known: what still comes from the shard of this key is after it.
    const bounds = shards.flatMap((shard) => shard.lastKey() ?? []);
    const bound = bounds.reduce<string | undefined>((least, key) => min(least, key), undefined);
    const items = shards.flatMap((shard) => shard.takeUpTo(bound));
    if (items.length > 0) yield items.sort(byKey).map(reservedAttemptOf);
    if (bound === undefined) return;
  }
}

function shardQueries({ startMs, endMs }: Window): PartitionQuery[] {
  if (hourOf(startMs) !== startMs || endMs - startMs !== HOUR_MS) {
    throw new RangeError(`window: got ${startMs} to ${endMs}, expected one UTC hour`);
  }
  return SHARDS.map((shard) => ({
    KeyConditionExpression: 'pk = :pk',
    ExpressionAttributeValues: { ':pk': { S: reservationsKey(hourName(startMs), shard) } },
    ProjectionExpression: 'pk, sk, #state',
    ExpressionAttributeNames: { '#state': 'state' },
  }));
}

/** One shard's items in order; the page after the one in hand is on its way already. */
function createReadAhead(pages: AsyncGenerator<readonly Item[]>) {
  let held: readonly Item[] = [];
  let ended = false;
  let next = ahead();

  function ahead() {
    const page = pages.next();
    // Whoever waits for it hears of a failure; nobody may be waiting any more.
    page.catch(() => undefined);
    return page;
  }

  return {
    /** Holds items again, unless there are no more. */
    async fill(): Promise<void> {
      while (held.length === 0 && !ended) {
        const page = await next;
        if (page.done) ended = true;
        else {
          held = page.value;
          next = ahead();
        }
      }
    },
    /** The last key in hand; undefined when there are no more. */
    lastKey: (): string | undefined => {
      const last = held.at(-1);
      return last && textIn(last, 'sk');
    },
    takeUpTo(bound: string | undefined): readonly Item[] {
      const after = held.findIndex((item) => bound !== undefined && textIn(item, 'sk') > bound);
      const taken = after < 0 ? held : held.slice(0, after);
      held = after < 0 ? [] : held.slice(after);
      return taken;
    },
  };
}

function min(least: string | undefined, key: string): string {
  return least === undefined || key < least ? key : least;
}

function byKey(a: Item, b: Item): number {
  return textIn(a, 'sk') < textIn(b, 'sk') ? -1 : 1;
}

function reservedAttemptOf(item: Item): ReservedAttempt {
  const state = textIn(item, 'state') as ReservationState;
  return { ...identityInKey(textIn(item, 'sk')), state };
}
