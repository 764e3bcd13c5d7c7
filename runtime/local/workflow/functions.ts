import { createHash } from 'node:crypto';

import { show } from './errors.ts';

/** JSONata's own functions that this interpreter, like AWS, offers: all are pure. */
const BUILT_IN = [
  ...['abs', 'append', 'assert', 'average', 'base64decode', 'base64encode', 'boolean', 'ceil'],
  ...['clone', 'contains', 'count', 'decodeUrl', 'decodeUrlComponent', 'distinct', 'each'],
  ...['encodeUrl', 'encodeUrlComponent', 'error', 'exists', 'filter', 'floor', 'formatBase'],
  ...['formatInteger', 'formatNumber', 'fromMillis', 'join', 'keys', 'length', 'lookup'],
  ...['lowercase', 'map', 'match', 'max', 'merge', 'min', 'not', 'number', 'pad', 'parseInteger'],
  ...['power', 'reduce', 'replace', 'reverse', 'round', 'sift', 'single', 'sort', 'split'],
  ...['spread', 'sqrt', 'string', 'substring', 'substringAfter', 'substringBefore', 'sum'],
  ...['toMillis', 'trim', 'type', 'uppercase', 'zip'],
];

/** AWS adds these to JSONata. https://docs.aws.amazon.com/step-functions, "Transforming data" */
const AWS_FUNCTIONS = ['hash', 'parse', 'partition', 'random', 'range', 'uuid'];

/** Every function an expression may call. */
export const FUNCTIONS: ReadonlySet<string> = new Set([...BUILT_IN, ...AWS_FUNCTIONS]);

/** Functions JSONata has and we refuse, with the reason. */
export const REFUSED_FUNCTIONS: Readonly<Record<string, string>> = {
  eval: 'AWS does not offer it: parse JSON with $parse',
  now: 'it reads the system clock: use $states.context.State.EnteredTime',
  millis: 'it reads the system clock: use $toMillis($states.context.State.EnteredTime)',
  shuffle: 'it cannot be replayed: order by a value instead',
};

/** Calls with more arguments than these would read the clock or need AWS's own generator. */
export const MAX_ARGUMENTS: Readonly<Record<string, number>> = { toMillis: 1, random: 0 };

const HASHES: Readonly<Record<string, string>> = {
  MD5: 'md5',
  'SHA-1': 'sha1',
  'SHA-256': 'sha256',
  'SHA-384': 'sha384',
  'SHA-512': 'sha512',
};
const RANGE_LIMIT = 1000; // AWS: of the intrinsic function that $range replaces

/** The functions AWS adds, drawing from the given source so that a run can be replayed. */
export function awsFunctions(random: () => number) {
  return { hash, parse, partition, random: () => random(), range, uuid: () => uuid(random) };
}

function partition(values: unknown, size: unknown): unknown[][] {
  if (!Array.isArray(values)) {
    throw new TypeError(`$partition: got ${show(values)}; expected an array, as in [$map(…)]`);
  }
  if (!isInteger(size) || size < 1) {
    throw new RangeError(`$partition: got size ${show(size)}; expected a positive integer`);
  }
  return Array.from({ length: Math.ceil(values.length / size) }, (_, index) =>
    (values as unknown[]).slice(index * size, (index + 1) * size),
  );
}

function range(first: unknown, last: unknown, step: unknown): number[] {
  if (!isInteger(first) || !isInteger(last) || !isInteger(step) || step === 0) {
    const got = [first, last, step].map(show).join(', ');
    throw new RangeError(`$range: got ${got}; expected three integers, the step not 0`);
  }
  const count = Math.max(0, Math.floor((last - first) / step) + 1);
  if (count > RANGE_LIMIT) {
    throw new RangeError(`$range: got ${count} values; expected at most ${RANGE_LIMIT}`);
  }
  return Array.from({ length: count }, (_, index) => first + index * step);
}

function hash(text: unknown, algorithm: unknown): string {
  if (typeof text !== 'string') {
    throw new TypeError(`$hash: got ${show(text)}; expected a string`);
  }
  const name = typeof algorithm === 'string' ? HASHES[algorithm] : undefined;
  if (name === undefined) {
    const known = Object.keys(HASHES).join(', ');
    throw new RangeError(`$hash: got algorithm ${show(algorithm)}; expected one of ${known}`);
  }
  return createHash(name).update(text, 'utf8').digest('hex');
}

function parse(text: unknown): unknown {
  if (typeof text !== 'string') {
    throw new TypeError(`$parse: got ${show(text)}; expected a string of JSON`);
  }
  return JSON.parse(text) as unknown;
}

function uuid(random: () => number): string {
  const bytes = Uint8Array.from({ length: 16 }, () => Math.floor(random() * 256));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40; // version 4
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80; // RFC 9562 variant
  const hex = Buffer.from(bytes).toString('hex');
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function isInteger(value: unknown): value is number {
  return Number.isSafeInteger(value);
}
