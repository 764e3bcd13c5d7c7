import { randomUUID } from 'node:crypto';
import { Writable } from 'node:stream';

/** Lambda's Node.js runtime as far as functions notice it. */

/** What a function that streams is called with. */
type StreamHandler = (event: unknown, stream: Writable, context: unknown) => Promise<unknown>;

/** Bytes of a function's answer, as they come. */
export interface Invocation {
  /** Called for each piece that the function writes. */
  readonly onData: (piece: Uint8Array) => void;
  readonly timeoutMs: number;
}

/** A function outlived its timeout: Lambda ends it wherever it is. */
export class SandboxTimedOut extends Error {
  override readonly name = 'Sandbox.Timedout';
}

interface HookedStream extends Writable {
  onFirstWrite?: (write: (piece: string | Uint8Array) => void) => void;
  setContentType?: (type: string) => void;
}

const DELIMITER = new Uint8Array(8);
const STREAMS = Symbol('streams');

/** The global `awslambda` that only Lambda has. Functions must be loaded after this. */
export function installRuntime(): void {
  Object.assign(globalThis, {
    awslambda: {
      streamifyResponse: (handler: StreamHandler) => Object.assign(handler, { [STREAMS]: true }),
      HttpResponseStream: {
        from: (stream: HookedStream, head: unknown) => {
          stream.setContentType?.('application/vnd.awslambda.http-integration-response');
          // As the real one does: without a write there is no head either.
          stream.onFirstWrite = (write) => {
            write(JSON.stringify(head));
            write(DELIMITER);
          };
          return stream;
        },
      },
    },
  });
}

/** Calls a function that streams. Rejects as Lambda reports it: if it throws, or is not done in time. */
export async function invokeStreaming(
  handler: unknown,
  event: unknown,
  { onData, timeoutMs }: Invocation,
): Promise<void> {
  if (!isStreamHandler(handler)) throw new TypeError('handler: expected a streaming one');
  const stream = responseStream(onData);
  const ended = new Promise((resolve) => stream.once('finish', resolve));
  await inTime(timeoutMs, async (context) => {
    await handler(copyOf(event), stream, context);
    if (!stream.writableEnded) throw new Error('Response stream is not finished.');
    await ended;
  });
}

/** Calls a plain function; event and answer are JSON on their way. */
export async function invoke(
  handler: (event: unknown, context: unknown) => Promise<unknown>,
  event: unknown,
  timeoutMs: number,
): Promise<unknown> {
  return inTime(timeoutMs, async (context) => copyOf(await handler(copyOf(event), context)));
}

function isStreamHandler(handler: unknown): handler is StreamHandler {
  return typeof handler === 'function' && STREAMS in handler;
}

function copyOf(value: unknown): unknown {
  return value === undefined ? null : (JSON.parse(JSON.stringify(value)) as unknown);
}

async function inTime<T>(timeoutMs: number, work: (context: unknown) => Promise<T>): Promise<T> {
  const endsMs = Date.now() + timeoutMs;
  const { promise: late, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new SandboxTimedOut(`Task timed out after ${timeoutMs / 1000} seconds`));
  }, timeoutMs);
  const context = {
    awsRequestId: randomUUID(),
    getRemainingTimeInMillis: () => Math.max(0, endsMs - Date.now()),
  };
  try {
    return await Promise.race([work(context), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Nothing here ever says that the client left: on Lambda nobody does. */
function responseStream(onData: (piece: Uint8Array) => void): HookedStream {
  let written = false;
  const stream: HookedStream = new Writable({
    write: (piece: Buffer, _encoding, done) => {
      onData(piece);
      done();
    },
  });
  const write = stream.write.bind(stream) as (piece: string | Uint8Array) => boolean;
  stream.write = (piece: string | Uint8Array) => {
    if (!written) stream.onFirstWrite?.((head) => void write(head));
    written = true;
    return write(piece);
  };
  stream.setContentType = () => {
    if (written) throw new Error('Cannot set content-type, too late.');
  };
  return stream;
}
