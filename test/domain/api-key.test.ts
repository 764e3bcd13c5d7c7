import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { crc32 } from 'node:zlib';
import { API_KEY_LENGTH_MAX, formatApiKey, parseApiKey } from '../../domain/api-key.ts';

const parts = { keyId: 'abcdefghij01', secret: 'A_-'.repeat(14) + 'z' };
const anyKey = fc.record({
  env: fc.stringMatching(/^[a-z]{2,8}$/),
  keyId: fc.stringMatching(/^[0-9a-z]{12}$/),
  secret: fc.stringMatching(/^[A-Za-z0-9_-]{43}$/),
});

describe('an API key', () => {
  it('is written with the CRC-32 of what comes before it', () => {
    const text = formatApiKey('live', parts);
    const body = `mk_live_abcdefghij01_${parts.secret}`;

    expect(text).toBe(`${body}_${crc32(body).toString(16).padStart(8, '0')}`);
  });

  it('is read back, underscores in its secret or not', () => {
    fc.assert(
      fc.property(anyKey, ({ env, ...key }) => {
        const text = formatApiKey(env, key);
        expect(text.length).toBeLessThanOrEqual(API_KEY_LENGTH_MAX);
        expect(parseApiKey(text)).toEqual(key);
      }),
    );
  });

  it('is refused when any one character is another', () => {
    const text = formatApiKey('live', parts);

    for (let at = 0; at < text.length; at += 1) {
      for (const other of 'a0Z_-') {
        if (text[at] === other) continue;
        const damaged = text.slice(0, at) + other + text.slice(at + 1);
        expect([damaged, parseApiKey(damaged)]).toEqual([damaged, undefined]);
      }
    }
  });

  it('is refused when two neighbours are swapped, or one is missing', () => {
    const text = formatApiKey('live', parts);

    for (let at = 0; at + 1 < text.length; at += 1) {
      const [left = '', right = ''] = text.slice(at, at + 2);
      expect(parseApiKey(text.slice(0, at) + text.slice(at + 1))).toBeUndefined();
      if (left === right) continue;
      expect(parseApiKey(text.slice(0, at) + right + left + text.slice(at + 2))).toBeUndefined();
    }
  });

  it('is refused in any other form, and a long text unread', () => {
    const text = formatApiKey('live', parts);

    for (const other of ['', ' ' + text, text + '\n', text.toUpperCase(), `Bearer ${text}`]) {
      expect(parseApiKey(other)).toBeUndefined();
    }
    expect(parseApiKey(`mk_${'a'.repeat(10_000_000)}`)).toBeUndefined();
  });
});
