import { describe, expect, it } from '@jest/globals';
import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { createLineMac } from '../../../runtime/node/line-mac.ts';

describe('the MAC of a line', () => {
  it('is HMAC-SHA256 in base64url, whatever the key and the text', () => {
    const anyKey = fc.uint8Array({ minLength: 1, maxLength: 64 });
    const anyText = fc.string({ unit: 'binary', maxLength: 900 });
    fc.assert(
      fc.property(anyKey, fc.array(anyText, { maxLength: 4 }), (key, texts) => {
        const mac = createLineMac(key);
        // One after the other: nothing of a text may stay in the buffers for the next.
        for (const text of texts) {
          expect(mac(text)).toBe(createHmac('sha256', key).update(text).digest('base64url'));
        }
      }),
    );
  });

  it('is that of RFC 4231, test case 2', () => {
    const mac = createLineMac(Buffer.from('Jefe'));

    expect(Buffer.from(mac('what do ya want for nothing?'), 'base64url').toString('hex')).toBe(
      '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    );
  });

  it('takes no key that would be hashed first, and none of no bytes', () => {
    expect(() => createLineMac(new Uint8Array(65))).toThrow(RangeError);
    expect(() => createLineMac(new Uint8Array())).toThrow(/got 0 bytes/);
  });

  it('takes no text that cannot be a line', () => {
    expect(() => createLineMac(new Uint8Array(32))('x'.repeat(2000))).toThrow(RangeError);
  });

  it('of one key does not touch that of another', () => {
    const [one, other] = [new Uint8Array(32), new Uint8Array(32).fill(1)].map(createLineMac);
    const before = one!('line');

    expect(other!('line')).not.toBe(before);
    expect(one!('line')).toBe(before);
  });
});
