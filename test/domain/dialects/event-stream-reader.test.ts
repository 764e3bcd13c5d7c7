import { describe, expect, it } from '@jest/globals';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import fc from 'fast-check';
import {
  EventStreamError,
  createEventStreamReader,
} from '../../../domain/dialects/event-stream-reader.ts';
import { awsEvent } from '../../../domain/dialects/event-stream.ts';

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString('utf8'),
  (text) => Buffer.from(text, 'utf8'),
);
const messages = fc.array(
  fc.record({
    headers: fc.dictionary(fc.stringMatching(/^[:a-z-]{1,20}$/), fc.string({ maxLength: 60 })),
    payload: fc.uint8Array({ maxLength: 300 }),
  }),
  { maxLength: 6 },
);

/** The same bytes in pieces of these lengths, over and over. */
function* cut(bytes: Uint8Array, lengths: readonly number[]): Generator<Uint8Array> {
  for (let [at, n] = [0, 0]; at < bytes.length; n += 1) {
    const length = lengths[n % lengths.length] ?? 1;
    yield bytes.subarray(at, at + length);
    at += length;
  }
}

describe('a binary event stream', () => {
  it("is read as AWS's own codec wrote it, however it was cut", () => {
    fc.assert(
      fc.property(
        messages,
        fc.array(fc.integer({ min: 1, max: 80 }), { minLength: 1 }),
        (sent, lengths) => {
          const bytes = Buffer.concat(
            sent.map(({ headers, payload }) =>
              codec.encode({
                headers: Object.fromEntries(
                  Object.entries(headers).map(([name, value]) => [name, { type: 'string', value }]),
                ),
                body: payload,
              }),
            ),
          );
          const reader = createEventStreamReader();

          const read = [...cut(bytes, lengths)].flatMap((piece) => reader.read(piece));

          expect(read.map(({ headers, payload }) => ({ headers, payload: [...payload] }))).toEqual(
            sent.map(({ headers, payload }) => ({
              headers: { ...headers },
              payload: [...payload],
            })),
          );
          expect(reader.left()).toBe(0);
        },
      ),
    );
  });

  it('skips headers that are not text, and keeps what follows them', () => {
    const bytes = codec.encode({
      headers: {
        a: { type: 'boolean', value: true },
        b: { type: 'integer', value: 7 },
        c: { type: 'binary', value: new Uint8Array([1, 2]) },
        d: { type: 'string', value: 'x' },
      },
      body: new Uint8Array(),
    });

    expect(createEventStreamReader().read(bytes)[0]?.headers).toEqual({ d: 'x' });
  });

  it('is refused wherever one of its bits was flipped', () => {
    const bytes = awsEvent('messageStart', { role: 'assistant' });
    for (let at = 0; at < bytes.length; at += 1) {
      const flipped = bytes.slice();
      flipped[at] = (flipped[at] ?? 0) ^ 1;

      expect(() => createEventStreamReader().read(flipped)).toThrow(EventStreamError);
    }
  });

  it('says what of it never came', () => {
    const reader = createEventStreamReader();
    const bytes = awsEvent('messageStart', {});

    expect(reader.read(bytes.subarray(0, -1))).toEqual([]);
    expect(reader.left()).toBe(bytes.length - 1);
  });
});
