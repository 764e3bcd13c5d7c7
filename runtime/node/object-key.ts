const KEY = /^[A-Za-z0-9][A-Za-z0-9._=-]*(\/[A-Za-z0-9][A-Za-z0-9._=-]*)*$/;

/** Is this a key of ours: relative, `/`-separated, no part that a file system or a URL would read otherwise? */
export function isObjectKey(key: string): boolean {
  return KEY.test(key);
}

/** @throws RangeError unless it is a key of ours. */
export function checkObjectKey(key: string): string {
  if (isObjectKey(key)) return key;
  throw new RangeError(`object key: got ${JSON.stringify(key)}, a bad path`);
}
