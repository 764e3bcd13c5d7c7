import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { createSeededRandom } from '../../../../runtime/local/simulation/random.ts';

const DRAWS = 20_000;

describe('a seeded random', () => {
  it('is SHA-256 in counter mode over seed, label and counter', () => {
    const first = createHash('sha256').update('s/l/0').digest();
    const second = createHash('sha256').update('s/l/1').digest();
    const random = createSeededRandom('s', 'l');

    expect(Buffer.from(random.bytes(40)).toString('hex')).toBe(
      Buffer.concat([first, second]).subarray(0, 40).toString('hex'),
    );
  });

  it('draws the same for the same seed and label, and other things for others', () => {
    const draws = (seed: string, label: string) => {
      const random = createSeededRandom(seed, label);
      return Array.from({ length: 2000 }, () => random.unit());
    };

    expect(draws('1', 'a')).toEqual(draws('1', 'a'));
    expect(draws('1', 'a')).not.toEqual(draws('2', 'a'));
    expect(draws('1', 'a')).not.toEqual(draws('1', 'b'));
  });

  it('spreads its units evenly over [0, 1)', () => {
    const random = createSeededRandom('1', 'spread');
    const tenths = new Array<number>(10).fill(0);
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const unit = random.unit();
      expect(unit >= 0 && unit < 1).toBe(true);
      tenths[Math.floor(unit * 10)]! += 1;
    }

    // 2,000 expected; the standard deviation is √(20,000 × 0.1 × 0.9) ≈ 42, and 5 of them are 212.
    for (const count of tenths) expect(Math.abs(count - DRAWS / 10)).toBeLessThan(212);
  });

  it('picks each choice as often as its weight says, and none of weight zero', () => {
    const random = createSeededRandom('1', 'pick');
    const counts: Record<string, number> = { rare: 0, often: 0, never: 0 };
    for (let draw = 0; draw < DRAWS; draw += 1) {
      const picked = random.pick([
        ['never', 0],
        ['rare', 1],
        ['often', 3],
      ]);
      counts[picked]! += 1;
    }

    expect(counts['never']).toBe(0);
    // 5,000 expected, standard deviation √(20,000 × 0.25 × 0.75) ≈ 61.
    expect(Math.abs(counts['rare']! - DRAWS / 4)).toBeLessThan(306);
  });

  it('picks nothing out of nothing, and gives no more than a block at once', () => {
    const random = createSeededRandom('1', 'a');

    expect(() => random.pick([])).toThrow(RangeError);
    expect(random.bytes(4096)).toHaveLength(4096);
    expect(() => random.bytes(4097)).toThrow(RangeError);
  });

  it('gives bytes that later draws do not change', () => {
    const random = createSeededRandom('1', 'a');
    const first = random.bytes(16);
    const before = Buffer.from(first).toString('hex');
    for (let draw = 0; draw < 1000; draw += 1) random.bytes(16);

    expect(Buffer.from(first).toString('hex')).toBe(before);
  });
});
