import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { identifyAgain } from '../../domain/accept-lines.ts';
import type { IdentifiedLine } from '../../domain/accept-lines.ts';
import { batchOf } from '../../domain/line-batch.ts';
import { LineReader } from '../../domain/read-line.ts';
import {
  MAC_TAIL,
  encodeUsageLine,
  fitsUsageLine,
  parseUsageLine,
} from '../../domain/usage-line.ts';
import { anyUsageEvent, testMac } from './usage-events.ts';

const events = anyUsageEvent.filter(fitsUsageLine);
const tokensOnly = events.map((event) => ({ ...event, other: {} }));
const either = fc.oneof(tokensOnly, events);

/** A line with others before and behind it, as it lies in a window. */
function among(text: string): IdentifiedLine {
  const others = { text: '{"tollbook":"usage/1","id":"', emittedMs: 0 };
  return identifyAgain(batchOf([others, { text, emittedMs: 0 }, others]))[1]!;
}

/** What both ways must say of a line: the event's own fields, or what is wrong with it. */
function reading(line: string, read: (line: string) => ReturnType<typeof parseUsageLine>) {
  const parsed = read(line);
  if (!parsed.ok) return parsed;
  const { tollbook: _, mac: __, ...event } = parsed.event as unknown as Record<string, unknown>;
  return event;
}

/** Reads a line when its labels are not known yet, and when they are. */
function readTwice(line: string, known: string) {
  const reader = new LineReader();
  const read = (text: string) => reader.read(among(text));
  const first = reading(line, read);
  read(known);
  return [first, reading(line, read)];
}

describe('a reader of many lines', () => {
  it('reads every event as the long way does, its labels known or not', () => {
    fc.assert(
      fc.property(either, (event) => {
        const line = encodeUsageLine(event, testMac);
        const expected = reading(line, parseUsageLine);
        expect(readTwice(line, line)).toEqual([expected, expected]);
      }),
    );
  });

  it('says the same of a line that was tampered with anywhere before its MAC', () => {
    const pieces = [
      '',
      '0',
      '9',
      '-',
      '.5',
      'e1',
      'null',
      '"',
      '\\',
      '{',
      '}',
      ',',
      ' ',
      'é',
      '\n',
    ];
    const change = fc.record({
      at: fc.nat(),
      length: fc.nat({ max: 12 }),
      piece: fc.constantFrom(...pieces),
    });
    fc.assert(
      fc.property(either, change, (event, { at, length, piece }) => {
        const line = encodeUsageLine(event, testMac);
        const from = at % (line.length - MAC_TAIL);
        const to = Math.min(from + length, line.length - MAC_TAIL);
        const tampered = line.slice(0, from) + piece + line.slice(to);
        const expected = reading(tampered, parseUsageLine);
        expect(readTwice(tampered, line)).toEqual([expected, expected]);
      }),
      { numRuns: 2000 },
    );
  });

  it('says the same of a line whose fields stand in another order, or twice', () => {
    const move = fc.record({ from: fc.nat(), to: fc.nat(), twice: fc.boolean() });
    fc.assert(
      fc.property(either, move, (event, { from, to, twice }) => {
        const line = encodeUsageLine(event, testMac);
        const fields = line.slice(1, -1).split(/,(?=")/);
        const at = from % fields.length;
        const [moved = ''] = twice ? [fields[at]] : fields.splice(at, 1);
        fields.splice(to % fields.length, 0, moved);
        const other = `{${fields.join(',')}}`;
        const expected = reading(other, parseUsageLine);
        expect(readTwice(other, line)).toEqual([expected, expected]);
      }),
      { numRuns: 1000 },
    );
  });

  it('gives equal labels as one object', () => {
    const reader = new LineReader();
    fc.assert(
      fc.property(tokensOnly, fc.integer({ min: 0, max: 1000 }), (event, output) => {
        const lines = [event, { ...event, output }].map((one) => encodeUsageLine(one, testMac));
        const [first, second] = lines.map((line) => reader.read(among(line)));
        expect(first?.ok && second?.ok && first.labels === second.labels).toBe(true);
      }),
    );
  });
});
