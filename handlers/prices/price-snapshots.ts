import { OfferPagesError, itemsOfPages, readOfferItems } from '../../pricing/offer-page.ts';
import type { OfferRows } from '../../pricing/offer-page.ts';
import { isOffer, isRecord } from '../../pricing/price-row.ts';
import type { Codec, ObjectStore, OfferPages } from '../ports.ts';

interface SnapshotPorts {
  readonly objects: ObjectStore;
  readonly codec: Codec;
}

/** The rows of one offer and Region as they were fetched, kept for ever. */
export interface Snapshot {
  readonly offer: string;
  readonly region: string;
  /** Ends in the hash of its bytes. */
  readonly key: string;
  readonly rows: number;
}

const KEY = /^prices\/snapshots\/([0-9a-f]{64})\.json$/;

/**
 * Keeps the rows of one request, without the tokens of its pages, so that equal answers are one object.
 *
 * @throws OfferPagesError if the pages are not whole.
 */
export async function keepSnapshot(
  { objects, codec }: SnapshotPorts,
  { offer, region, pages }: OfferPages,
): Promise<Snapshot> {
  const items = itemsOfPages(offer, pages);
  // What cannot be read back is not kept.
  readOfferItems(offer, items);
  const bytes = new TextEncoder().encode(JSON.stringify({ offer, region, items }));
  const key = `prices/snapshots/${codec.sha256(bytes)}.json`;
  await objects.putOnce(key, bytes);
  return { offer, region, key, rows: items.length };
}

/** Reads a snapshot. @throws OfferPagesError if its bytes are not those that it is named for. */
export async function readSnapshot(
  { objects, codec }: SnapshotPorts,
  key: string,
): Promise<OfferRows> {
  const bytes = await objects.get(key);
  const sha256 = codec.sha256(bytes);
  if (KEY.exec(key)?.[1] !== sha256) {
    throw new OfferPagesError(`snapshot ${key}: got bytes of hash ${sha256}`);
  }
  const value: unknown = JSON.parse(new TextDecoder().decode(bytes));
  const { offer, region, items } = isRecord(value) ? value : {};
  if (!isOffer(offer) || typeof region !== 'string' || !Array.isArray(items)) {
    throw new OfferPagesError(`snapshot ${key}: expected offer, region and items`);
  }
  return { ...readOfferItems(offer, items as string[]), region, snapshot: sha256 };
}
