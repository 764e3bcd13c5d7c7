import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { eventTimeMs, firstEventIdAt, isEventId, mintEventId } from '../../domain/event-id.ts';
import { END_STAMP_MS, FIRST_STAMP_MS } from '../../domain/instant.ts';

const anyStamp = fc.integer({ min: FIRST_STAMP_MS, max: END_STAMP_MS - 1 });
const anyTail = fc.uint8Array({ minLength: 10, maxLength: 10 });

describe('an event id', () => {
  it('is a UUIDv7: the time, the version, the variant, the random bits', () => {
    // RFC 9562 A.6: 0x017F22E279B0 is 2022-02-22T19:22:22.000Z; rand_a CC3, rand_b 18C4DC0C0C07398F.
    const tail = Uint8Array.of(0x0c, 0xc3, 0x18, 0xc4, 0xdc, 0x0c, 0x0c, 0x07, 0x39, 0x8f);

    expect(mintEventId(Date.UTC(2022, 1, 22, 19, 22, 22), tail)).toBe(
      '017f22e2-79b0-7cc3-98c4-dc0c0c07398f',
    );
  });

  it('holds the instant it was minted at, whatever the random bytes', () => {
    fc.assert(
      fc.property(anyStamp, anyTail, (ms, tail) => {
        const id = mintEventId(ms, tail);
        expect(isEventId(id)).toBe(true);
        expect(eventTimeMs(id)).toBe(ms);
      }),
    );
  });

  it('differs where 74 of its random bits differ', () => {
    fc.assert(
      fc.property(anyTail, fc.integer({ min: 0, max: 79 }), (tail, bit) => {
        const other = Uint8Array.from(tail);
        other[bit >> 3]! ^= 0x80 >> (bit & 7);
        // The four bits of the version and the two of the variant are overwritten.
        const isKept = bit >= 4 && bit !== 16 && bit !== 17;
        expect(mintEventId(2e12, tail) !== mintEventId(2e12, other)).toBe(isKept);
      }),
    );
  });

  it('sorts by time, and lies between the first ids of its instant and of the next', () => {
    fc.assert(
      fc.property(anyStamp, anyTail, (ms, tail) => {
        const id = mintEventId(ms, tail);
        expect(firstEventIdAt(ms) <= id).toBe(true);
        expect(id < firstEventIdAt(ms + 1)).toBe(true);
      }),
    );
  });

  it('is not minted outside 2001 to 2286, or from another number of random bytes', () => {
    const tail = new Uint8Array(10);

    expect(() => mintEventId(FIRST_STAMP_MS - 1, tail)).toThrow(RangeError);
    expect(() => mintEventId(END_STAMP_MS, tail)).toThrow(RangeError);
    expect(() => mintEventId(Number.NaN, tail)).toThrow(RangeError);
    expect(() => mintEventId(2e12, new Uint8Array(9))).toThrow(/9 random bytes/);
  });

  it.each([
    '017F22E2-79B0-7CC3-98C4-DC0C0C07398F', // upper case
    '017f22e2-79b0-4cc3-98c4-dc0c0c07398f', // version 4
    '017f22e2-79b0-7cc3-c8c4-dc0c0c07398f', // another variant
    '017f22e279b07cc398c4dc0c0c07398f',
    '{017f22e2-79b0-7cc3-98c4-dc0c0c07398f}',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398f\n',
    '017f22e2-79b0-7cc3-98c4-dc0c0c07398',
    '',
  ])('is not %j', (text) => {
    expect(isEventId(text)).toBe(false);
  });
});
