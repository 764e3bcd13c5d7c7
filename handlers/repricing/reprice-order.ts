import * as z from 'zod/mini';
import { isInstant, parseInstant } from '../../domain/instant.ts';
import { canonicalJson, parseStrictJson } from '../../domain/ledger/canonical-json.ts';
import type { Manifest } from '../../domain/ledger/manifest.ts';
import { readHead, readManifestsFrom } from '../metering/ledger-head.ts';
import type { Codec, ObjectStore } from '../ports.ts';

/** Orders wait here until a window takes them in; the manifest names them beside its late lines. */
const FOLDER = 'inputs/reprice/';
const ORDER_KEY = /^inputs\/reprice\/order-(\d{12})\.ndjson\.zst$/;

const hour = z
  .string()
  .check(z.refine((text) => isInstant(text) && parseInstant(text) % 3_600_000 === 0, 'a UTC hour'));
const words = (max: number) => z.string().check(z.minLength(1), z.maxLength(max));

const RepriceOrder = z.strictObject({
  schema: z.literal('tollbook.reprice/1'),
  /** Calls admitted in `[from, to)`, whole hours. */
  from: hour,
  to: hour,
  /** Key of the book that they should have been rated with. */
  book: z.string().check(z.regex(/^prices\/book-[0-9a-f]{64}\.json$/)),
  reason: words(500),
  by: words(200),
});

/** An operator's act: calls of sealed windows are to be rated with another book. */
export type RepriceOrder = z.output<typeof RepriceOrder>;

/** An order that cannot be given, or is none. */
export class RepriceRefused extends Error {
  override readonly name = 'RepriceRefused';
}

interface OrderPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** Is this the key of an order, among the keys that a window takes in? */
export function isRepriceOrder(key: string): boolean {
  return key.startsWith(FOLDER);
}

/** Reads an order. @throws RepriceRefused */
export async function readOrder(
  { objects, codec }: OrderPorts,
  key: string,
): Promise<RepriceOrder> {
  const bytes = codec.decompress(await objects.get(key));
  const parsed = z.safeParse(RepriceOrder, parseStrictJson(bytes.subarray(0, -1)));
  if (!parsed.success || parsed.data.from >= parsed.data.to) {
    throw new RepriceRefused(
      `order ${key}: expected a range of hours, a book, a reason and a name`,
    );
  }
  return parsed.data;
}

/**
 * Gives an order; the next window that is planned takes it in. One at a time: what an order corrects
 * depends on those before it.
 *
 * @throws RepriceRefused if another one waits, or hours of it are not sealed.
 */
export async function putOrder(ports: OrderPorts, order: RepriceOrder): Promise<string> {
  const head = await readHead(ports);
  if (!head || parseInstant(order.to) > head.sealedEndMs) {
    throw new RepriceRefused(`reprice: got hours up to ${order.to}, which are not all sealed`);
  }
  const [waiting] = await pendingOrders(ports);
  if (waiting !== undefined) {
    throw new RepriceRefused(`reprice: ${waiting} waits for the next window; meter first`);
  }
  const key = `${FOLDER}order-${(head.seq + 1).toString().padStart(12, '0')}.ndjson.zst`;
  const bytes = new TextEncoder().encode(`${canonicalJson(order)}\n`);
  await ports.objects.putOnce(key, ports.codec.compress(bytes));
  return key;
}

/** Keys of orders that no sealed window has taken in yet, oldest first. */
export async function pendingOrders(ports: OrderPorts): Promise<string[]> {
  const found = await ports.objects.list(FOLDER);
  const pending: string[] = [];
  for (const { key } of found) {
    const seq = Number(ORDER_KEY.exec(key)?.[1] ?? 0);
    let taken = false;
    // Nearly always the first manifest after it; no earlier one can name it.
    for await (const manifest of readManifestsFrom(ports, seq)) {
      taken = ordersOf(manifest).includes(key);
      if (taken) break;
    }
    if (!taken) pending.push(key);
  }
  return pending.sort();
}

/** Keys of the orders that a window took in, in the order in which they were applied. */
export function ordersOf({ statement }: Manifest): string[] {
  return statement.inputs.late.flatMap(({ path }) => (isRepriceOrder(path) ? [path] : [])).sort();
}
