/** Deepest nesting of objects and arrays that is read or written. */
export const DEPTH_MAX = 16;

const ASCII_KEY = /^[\x20-\x7e]*$/;

/** May this be the key of a member? */
export function isAsciiKey(key: string): boolean {
  return ASCII_KEY.test(key);
}
