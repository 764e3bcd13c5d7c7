import type { ObjectStore } from '../../../handlers/ports.ts';

/** Objects of the lake, and those that only the next states need. */
export interface LakeStores {
  readonly lake: ObjectStore;
  readonly work: ObjectStore;
}

const WORK = 'work/';

/**
 * One store over two buckets: keys under `work/` lie where a lifecycle rule clears them, all others
 * where nothing is ever deleted. A bucket's lock holds for all of it, so one bucket cannot do both.
 */
export function createLakeObjects({ lake, work }: LakeStores): ObjectStore {
  const storeOf = (key: string) => (key.startsWith(WORK) ? work : lake);
  return {
    get: (key) => storeOf(key).get(key),
    putOnce: (key, bytes) => storeOf(key).putOnce(key, bytes),
    list: (prefix) => storeOf(prefix).list(prefix),
  };
}
