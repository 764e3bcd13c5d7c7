import { CHECKSUM_BYTES, LENGTHS_BYTES, PRELUDE_BYTES, crc32 } from './event-stream.ts';
import type { MessageHeaders } from './event-stream.ts';

/** A message of AWS's event stream, as it was sent. */
export interface StreamMessage {
  /** Headers whose value is text; others are left out. */
  readonly headers: MessageHeaders;
  readonly payload: Uint8Array;
}

/** Bytes that are no event stream, or were damaged on the way. */
export class EventStreamError extends Error {
  override readonly name = 'EventStreamError';
}

/** No message of a service is longer: AWS's own clients stop at 16 MiB. */
const MESSAGE_MAX = 16_777_216;
const TEXT_VALUE = 7;
/** Bytes of a value by its type; -1 where two bytes before it say how many. */
const VALUE_BYTES = [0, 0, 1, 2, 4, 8, -1, -1, 8, 16];
const NOTHING = new Uint8Array();
const utf8 = new TextDecoder();

/**
 * Reads a stream piece by piece, wherever the pieces were cut. Bytes that are not a whole message yet
 * wait for the next piece.
 *
 * @throws EventStreamError for a checksum that is wrong, or a message that is too long.
 */
export function createEventStreamReader() {
  let waiting: Uint8Array = NOTHING;
  const headersOf = createHeaderReader();

  return {
    /** Messages that are whole with this piece, oldest first. */
    read(piece: Uint8Array): readonly StreamMessage[] {
      const bytes = waiting.length === 0 ? piece : joined(waiting, piece);
      const messages: StreamMessage[] = [];
      let at = 0;
      for (;;) {
        const length = lengthAt(bytes, at);
        if (length === undefined || at + length > bytes.length) break;
        messages.push(messageOf(bytes.subarray(at, at + length), headersOf));
        at += length;
      }
      waiting = bytes.slice(at);
      return messages;
    },
    /** Bytes of a message that never became whole. */
    left: (): number => waiting.length,
  };
}

function joined(left: Uint8Array, right: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(left.length + right.length);
  bytes.set(left);
  bytes.set(right, left.length);
  return bytes;
}

/** The length that a message says it has; undefined until its prelude is there. */
function lengthAt(bytes: Uint8Array, at: number): number | undefined {
  if (bytes.length - at < PRELUDE_BYTES) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset + at, PRELUDE_BYTES);
  if (view.getUint32(LENGTHS_BYTES) !== crc32(bytes.subarray(at, at + LENGTHS_BYTES))) {
    throw new EventStreamError('event stream: the checksum of a prelude is wrong');
  }
  const length = view.getUint32(0);
  if (length > MESSAGE_MAX || length < PRELUDE_BYTES + view.getUint32(4) + CHECKSUM_BYTES) {
    throw new EventStreamError(`event stream: got a message of ${length} bytes`);
  }
  return length;
}

function messageOf(
  bytes: Uint8Array,
  headersOf: (bytes: Uint8Array) => MessageHeaders,
): StreamMessage {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const end = bytes.length - CHECKSUM_BYTES;
  if (view.getUint32(end) !== crc32(bytes.subarray(0, end))) {
    throw new EventStreamError('event stream: the checksum of a message is wrong');
  }
  const headersEnd = PRELUDE_BYTES + view.getUint32(4);
  return {
    headers: headersOf(bytes.subarray(PRELUDE_BYTES, headersEnd)),
    payload: bytes.subarray(headersEnd, end),
  };
}

/** Most events of a stream have the headers of the one before them, byte for byte. */
function createHeaderReader() {
  let [last, headers]: [Uint8Array, MessageHeaders] = [NOTHING, {}];
  return (bytes: Uint8Array): MessageHeaders => {
    if (isSame(bytes, last)) return headers;
    [last, headers] = [bytes.slice(), headersIn(bytes)];
    return headers;
  };
}

function isSame(left: Uint8Array, right: Uint8Array): boolean {
  if (left.length !== right.length) return false;
  for (let at = 0; at < left.length; at += 1) if (left[at] !== right[at]) return false;
  return true;
}

function headersIn(bytes: Uint8Array): MessageHeaders {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const headers: Record<string, string> = {};
  let at = 0;
  while (at < bytes.length) {
    const nameEnd = at + 1 + view.getUint8(at);
    const name = utf8.decode(bytes.subarray(at + 1, nameEnd));
    const type = view.getUint8(nameEnd);
    const fixed = VALUE_BYTES[type];
    if (fixed === undefined) throw new EventStreamError(`event stream: header of type ${type}`);
    const start = nameEnd + (fixed < 0 ? 3 : 1);
    const length = fixed < 0 ? view.getUint16(nameEnd + 1) : fixed;
    if (type === TEXT_VALUE) headers[name] = utf8.decode(bytes.subarray(start, start + length));
    at = start + length;
  }
  return headers;
}
