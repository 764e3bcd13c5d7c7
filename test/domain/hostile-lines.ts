import fc from 'fast-check';
import { HOUR_MS } from '../../domain/instant.ts';
import { TOKEN_METERS } from '../../domain/meters.ts';
import { NOON_MS, usageLine } from './usage-events.ts';

/** Pieces of usage lines, hostile and honest, to be put together at random. */
const piece = fc.oneof(
  fc.constantFrom(
    ...['"tollbook":"usage/', '"tollbook":"usage/1",', '"tollbook":"usag', '{', '}', ',', '"', ':'],
    ...['"admitted_ms":', '"settled_ms":', '\\"', '\\', '\r', '\u0000', '\u2028', 'é', '\ufeff'],
    ...TOKEN_METERS.map((meter) => `"${meter}":`),
    ...['my_input":5,', '"input":5,', '"input":5}', '"input":-5,', '"input":007,', '"input":"7",'],
    ...['"output":1e3,', '"output":1.5,', '"output":999999999999,', '"output":1000000000000}'],
  ),
  fc.integer({ min: NOON_MS, max: NOON_MS + HOUR_MS - 1 }).map((ms) => `"admitted_ms":${ms},`),
  fc
    .integer({ min: -60, max: 60 })
    .map((hours) => `"admitted_ms":${NOON_MS + (hours + 0.5) * HOUR_MS},`),
  fc.integer({ min: 0, max: 9e15 }).map((ms) => `"admitted_ms":${ms}}`),
  fc.constantFrom(...['0', '00', '']).map((zeros) => `"admitted_ms":${zeros}${NOON_MS},`),
  fc.integer({ min: -9, max: 9 }).map((number) => `${number},`),
  fc.string({ unit: 'binary', maxLength: 6 }).map((text) => text.replaceAll('\n', '')),
);

const torn = fc
  .array(piece, { maxLength: 14 })
  .map((pieces) => pieces.join(''))
  .filter((line) => line.isWellFormed() && line !== '');

const whole = fc.integer({ min: 0, max: 1e6 }).map((output) => usageLine({ output }));

/** Any line that a log may hold: mostly put together of pieces, sometimes a whole one of noon. */
export const hostileLine = fc.oneof({ weight: 4, arbitrary: torn }, whole);
