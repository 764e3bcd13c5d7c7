import { parseHeld, putHeld } from './held-price-book.ts';
import { priceBookName } from './price-books.ts';
import type { Notifier, ObjectStore } from '../ports.ts';

/** State `HoldPriceBook`: the current book stays; people are told what the new one would change. */
export function createHoldPriceBook(ports: {
  readonly objects: ObjectStore;
  readonly notifier: Notifier;
}) {
  return async function holdPriceBook(input: unknown): Promise<{ readonly held: string }> {
    const held = parseHeld(input);
    await putHeld(ports.objects, held);
    const more = held.reasons - held.hold.length;
    const lines = [...held.hold, ...(more > 0 ? [`and ${more} more, in ${held.diff}`] : [])];
    await ports.notifier.notify({
      subject: `price book held: ${held.reasons} ${held.reasons === 1 ? 'reason' : 'reasons'}`,
      body: `${lines.join('\n')}\nAccept it as ${priceBookName(held.book)}, or leave it.`,
    });
    return { held: held.book };
  };
}
