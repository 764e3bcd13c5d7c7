import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import type { LoggedLine } from '../../../domain/packed-lines.ts';
import { mintEventId } from '../../../domain/event-id.ts';
import { LineArchiveError } from '../../../domain/line-archive.ts';
import { packLines } from '../../../domain/line-batch.ts';
import type { LineBatch } from '../../../domain/line-batch.ts';
import { lineInstant } from '../../../domain/packed-lines.ts';
import { encodeSlice, mergedBatches } from '../../../handlers/metering/slice-archive.ts';
import { nodeCodec } from '../../../runtime/node/codec.ts';

const NOON_MS = Date.UTC(2026, 1, 1, 12);

function lineAt(ms: number, rest: string): string {
  return `{"tollbook":"usage/1","id":"${mintEventId(ms, new Uint8Array(10))}",${rest}`;
}

const anyLine: fc.Arbitrary<LoggedLine> = fc
  .record({
    text: fc.oneof(
      fc
        .tuple(fc.nat({ max: 50 }), fc.string({ unit: 'binary' }))
        .map(([ms, rest]) => lineAt(NOON_MS + ms, rest)),
      fc.string({ unit: 'binary' }),
      fc.constant('two\nlines'),
    ),
    emittedMs: fc.nat({ max: 9_999_999_999_999 }),
  })
  .filter(({ text }) => text.isWellFormed());

const slice = (...pages: readonly (readonly LoggedLine[])[]) =>
  encodeSlice(nodeCodec, pages.map(packLines));
const batchesOf = (...slices: readonly Uint8Array[]) =>
  Array.from(mergedBatches(nodeCodec, slices), (batch) =>
    Array.from(batch.start, (_, line) => batch.loggedLine(line)),
  );
const shown = (lines: readonly LoggedLine[]) =>
  lines.map(({ text, emittedMs }) => JSON.stringify([text, emittedMs])).sort();

describe('slices', () => {
  it('give back all their lines, whatever is in them and however they came', () => {
    fc.assert(
      fc.property(fc.array(fc.array(fc.array(anyLine, { maxLength: 9 }))), (slices) => {
        const full = slices.filter((pages) => pages.flat().length > 0);
        const read = batchesOf(...full.map((pages) => slice(...pages))).flat();
        expect(shown(read)).toEqual(shown(slices.flat(2)));
      }),
    );
  });

  it('have usage lines by the instants of their ids, others first', () => {
    const at = (ms: number) => ({ text: lineAt(NOON_MS + ms, ''), emittedMs: 1 });
    const foreign = { text: '{"level":"info"}', emittedMs: 2 };

    const [batch] = batchesOf(slice([at(5), foreign, at(1)], [at(3)]));

    expect(batch).toEqual([foreign, at(1), at(3), at(5)]);
  });

  it('are read in batches that never part the lines of one instant', () => {
    const at = (n: number) => ({ text: lineAt(NOON_MS + (n >> 1), `"n":${n}`), emittedMs: n });
    const lines = Array.from({ length: 6001 }, (_, n) => at(n));
    // Every other line in another slice: the two lines of an instant come from two.
    const halves = [0, 1].map((half) => slice(lines.filter((_, n) => n % 2 === half)));

    const batches = batchesOf(...halves);

    expect(batches.length).toBeGreaterThan(2);
    expect(shown(batches.flat())).toEqual(shown(lines));
    const instants = batches.map((batch) => batch.map(({ emittedMs }) => emittedMs >> 1));
    for (const [index, batch] of instants.entries()) {
      const before = index === 0 ? -1 : Math.max(...instants[index - 1]!);
      expect(Math.min(...batch)).toBeGreaterThan(before);
    }
  });

  it('give back the memory of what was read, and of nothing else', () => {
    const lines = Array.from({ length: 5000 }, (_, n) => ({
      ...{ text: lineAt(NOON_MS + n, ''), emittedMs: n },
    }));
    const page = packLines(lines);
    const halves = [0, 1].map((half) => lines.filter((_, n) => n % 2 === half));
    const slices = [encodeSlice(nodeCodec, [page]), ...halves.map((half) => slice(half))];
    expect(page.bytes.length).toBe(0);

    for (const archives of [slices.slice(0, 1), slices.slice(1)]) {
      const read: LineBatch[] = [];
      for (const batch of mergedBatches(nodeCodec, archives)) {
        expect(read.map(({ bytes }) => bytes.length)).toEqual(read.map(() => 0));
        const instants = Array.from(batch.start, (_, line) => lineInstant(batch, line));
        expect(Math.min(...instants)).toBeGreaterThanOrEqual(NOON_MS);
        read.push(batch);
      }
      expect(read.length).toBeGreaterThan(2);
    }
  });

  it('give the same bytes for the same lines', () => {
    const lines = [2, 1, 3].map((ms) => ({ text: lineAt(NOON_MS + ms, ''), emittedMs: ms }));

    expect(Buffer.from(slice(lines)).equals(slice(lines.slice(0, 1), lines.slice(1)))).toBe(true);
  });

  it('that are cut off or made up are refused', () => {
    const whole = slice([{ text: lineAt(NOON_MS, ''), emittedMs: 1 }]);
    const cuts = [0, 3, 4, 7, 8, whole.length - 1].map((length) => whole.subarray(0, length));
    const longer = Uint8Array.from([...whole, 0]);

    for (const bytes of [...cuts, longer, Uint8Array.of(255, 255, 255, 255)]) {
      expect(() => batchesOf(bytes)).toThrow(LineArchiveError);
    }
  });
});
