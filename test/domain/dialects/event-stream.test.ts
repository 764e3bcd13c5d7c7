import { describe, expect, it } from '@jest/globals';
import { EventStreamCodec } from '@smithy/eventstream-codec';
import * as fc from 'fast-check';
import {
  awsEvent,
  awsException,
  eventStreamMessage,
} from '../../../domain/dialects/event-stream.ts';

const codec = new EventStreamCodec(
  (bytes: Uint8Array) => new TextDecoder().decode(bytes),
  (text: string) => new TextEncoder().encode(text),
);

const name = fc.stringMatching(/^[:a-zA-Z0-9._-]{1,40}$/).filter((text) => text !== '__proto__');
const headers = fc.dictionary(name, fc.string({ unit: 'grapheme', maxLength: 200 }), {
  maxKeys: 8,
  noNullPrototype: true,
});

describe('a message of the event stream', () => {
  it("is read by AWS's own decoder as it was written, and byte for byte what its encoder makes", () => {
    fc.assert(
      fc.property(headers, fc.uint8Array({ maxLength: 4096 }), (named, payload) => {
        const message = eventStreamMessage(named, payload);
        const typed = Object.fromEntries(
          Object.entries(named).map(([key, value]) => [key, { type: 'string' as const, value }]),
        );

        const read = codec.decode(message);

        expect(read.headers).toEqual(typed);
        expect([...read.body]).toEqual([...payload]);
        expect([...message]).toEqual([...codec.encode({ headers: typed, body: payload })]);
      }),
    );
  });

  it('is refused by that decoder if any one byte of it is another', () => {
    const message = awsEvent('chunk', { bytes: 'aGVsbG8=' });
    fc.assert(
      fc.property(fc.nat(message.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
        const broken = Uint8Array.from(message);
        broken[at] = (broken[at] ?? 0) ^ flip;
        expect(() => codec.decode(broken)).toThrow();
      }),
    );
  });

  it('says whether it is an event or an exception', () => {
    const event = codec.decode(awsEvent('messageStop', { stopReason: 'end_turn' }));
    expect(event.headers).toMatchObject({
      ':event-type': { value: 'messageStop' },
      ':message-type': { value: 'event' },
      ':content-type': { value: 'application/json' },
    });
    expect(new TextDecoder().decode(event.body)).toBe('{"stopReason":"end_turn"}');
    const exception = codec.decode(awsException('throttlingException', 'slow down'));
    expect(exception.headers).toMatchObject({
      ':exception-type': { value: 'throttlingException' },
      ':message-type': { value: 'exception' },
    });
    expect(new TextDecoder().decode(exception.body)).toBe('{"message":"slow down"}');
  });

  it('has no header longer than it can say', () => {
    const payload = new Uint8Array();
    expect(() => eventStreamMessage({ ['n'.repeat(256)]: '' }, payload)).toThrow(RangeError);
    expect(() => eventStreamMessage({ '': 'x' }, payload)).toThrow(RangeError);
    expect(() => eventStreamMessage({ a: 'v'.repeat(32_768) }, payload)).toThrow(RangeError);
    expect(eventStreamMessage({ ['n'.repeat(255)]: 'v'.repeat(32_767) }, payload)).toHaveLength(
      12 + 255 + 4 + 32_767 + 4,
    );
  });
});
