/** How a stream of AWS's binary events calls itself. */
export const AWS_EVENT_STREAM_TYPE = 'application/vnd.amazon.eventstream';

/** Headers of a message, by name; every value is text. */
export type MessageHeaders = Readonly<Record<string, string>>;

/** Lengths of the message and of its headers, four bytes each. */
export const LENGTHS_BYTES = 8;
export const CHECKSUM_BYTES = 4;
export const PRELUDE_BYTES = LENGTHS_BYTES + CHECKSUM_BYTES;
/** Marks a header's value as text with its length before it. */
const TEXT_VALUE = 7;
const NAME_LIMIT = 255;
const VALUE_LIMIT = 32_767;

const utf8 = new TextEncoder();

/**
 * One message of AWS's event stream: lengths, their checksum, headers, payload, checksum of it all.
 *
 * @throws RangeError for a header that is longer than the format can say: our own mistake.
 */
export function eventStreamMessage(
  headers: MessageHeaders,
  payload: Uint8Array,
): Uint8Array<ArrayBuffer> {
  const encoded = Object.entries(headers).map(([name, value]) => headerBytes(name, value));
  const headersLength = encoded.reduce((sum, { length }) => sum + length, 0);
  const message = new Uint8Array(PRELUDE_BYTES + headersLength + payload.length + CHECKSUM_BYTES);
  const view = new DataView(message.buffer);
  view.setUint32(0, message.length);
  view.setUint32(4, headersLength);
  view.setUint32(LENGTHS_BYTES, crc32(message.subarray(0, LENGTHS_BYTES)));
  let at = PRELUDE_BYTES;
  for (const header of encoded) {
    message.set(header, at);
    at += header.length;
  }
  message.set(payload, at);
  const end = message.length - CHECKSUM_BYTES;
  view.setUint32(end, crc32(message.subarray(0, end)));
  return message;
}

/** An event of a service's stream: its payload is JSON. */
export function awsEvent(type: string, payload: unknown): Uint8Array<ArrayBuffer> {
  return jsonMessage({ ':event-type': type, ':message-type': 'event' }, payload);
}

/** What stands in a stream in the place of further events; the client throws an error of this type. */
export function awsException(type: string, message: string): Uint8Array<ArrayBuffer> {
  return jsonMessage({ ':exception-type': type, ':message-type': 'exception' }, { message });
}

function jsonMessage(headers: MessageHeaders, payload: unknown): Uint8Array<ArrayBuffer> {
  const named = { ...headers, ':content-type': 'application/json' };
  return eventStreamMessage(named, utf8.encode(JSON.stringify(payload)));
}

function headerBytes(name: string, value: string): Uint8Array {
  const [nameBytes, valueBytes] = [utf8.encode(name), utf8.encode(value)];
  if (nameBytes.length === 0 || nameBytes.length > NAME_LIMIT || valueBytes.length > VALUE_LIMIT) {
    const got = `a name of ${nameBytes.length} and a value of ${valueBytes.length} bytes`;
    throw new RangeError(`header: got ${got}, expected 1 to ${NAME_LIMIT} and ${VALUE_LIMIT}`);
  }
  const bytes = new Uint8Array(1 + nameBytes.length + 3 + valueBytes.length);
  bytes[0] = nameBytes.length;
  bytes.set(nameBytes, 1);
  const view = new DataView(bytes.buffer, 1 + nameBytes.length);
  view.setUint8(0, TEXT_VALUE);
  view.setUint16(1, valueBytes.length);
  bytes.set(valueBytes, bytes.length - valueBytes.length);
  return bytes;
}

const POLYNOMIAL = 0xedb88320;
const CRC_OF_BYTE = Uint32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte;
  for (let bit = 0; bit < 8; bit += 1) crc = crc & 1 ? (crc >>> 1) ^ POLYNOMIAL : crc >>> 1;
  return crc;
});

/** CRC-32 (IEEE 802.3) as the format wants it, unsigned. */
export function crc32(bytes: Uint8Array): number {
  let crc = 0xffffffff;
  // eslint-disable-next-line @typescript-eslint/prefer-for-of -- twice as fast, for every byte of every stream
  for (let at = 0; at < bytes.length; at += 1) {
    crc = (crc >>> 8) ^ (CRC_OF_BYTE[(crc ^ (bytes[at] ?? 0)) & 0xff] ?? 0);
  }
  return ~crc >>> 0;
}
