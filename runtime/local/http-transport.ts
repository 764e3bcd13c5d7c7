import { Pool } from 'undici';
import type { Dispatcher } from 'undici';
import { ModelError } from '../../domain/model-call.ts';

export interface HttpTransportOptions {
  /** `http://` or `https://`, host and port; a path is put before that of each request. */
  readonly endpoint: string;
  /** Goes with every request: names and values in turn. */
  readonly headers: readonly string[];
  /** Who says nothing for so long is given up. */
  readonly silenceMs: number;
}

/** What is sent, by POST. */
export interface Sent {
  readonly path: string;
  readonly body: string | Uint8Array;
  /** Names and values in turn. */
  readonly headers: readonly string[];
}

type AnswerHeaders = Readonly<Record<string, string | string[] | undefined>>;

/** An answer whose head has come. Its body is read once, in one of two ways. */
export interface HttpAnswer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: AnswerHeaders;
  /** The one value of a header. */
  header(name: string): string | undefined;
  /** The body, whole. @throws ModelError for silence, or what broke the connection. */
  whole(): Promise<Buffer>;
  /**
   * The body as it comes. Whoever stops early has the rest read and dropped, so that the connection
   * can be used again. @throws ModelError for silence, or what broke the connection, after all that came.
   */
  pieces(): AsyncGenerator<Buffer>;
}

export interface HttpTransport {
  /** Sends once, and never again by itself: a call that was made twice is billed twice. */
  send(sent: Sent): Promise<HttpAnswer>;
  /** Drops the connections that are kept open. */
  close(): void;
}

/** Servers keep idle connections for longer: a request must not meet one just closed. */
const IDLE_MS = 30_000;

/** Where no connection comes about for so long, nothing was sent, and another attempt may be made. */
const CONNECT_MS = 10_000;

/** HTTP/1.1 on connections that stay open, one request at a time on each. */
export function createHttpTransport(options: HttpTransportOptions): HttpTransport {
  const { endpoint, headers: always, silenceMs } = options;
  const { origin, pathname } = new URL(endpoint);
  const prefix = pathname.replace(/\/$/, '');
  const pool = new Pool(origin, {
    ...{ pipelining: 1, keepAliveTimeout: IDLE_MS, connect: { timeout: CONNECT_MS } },
    ...{ headersTimeout: silenceMs, bodyTimeout: silenceMs },
  });
  return {
    send: ({ path, body, headers }) => {
      const reader = new AnswerReader(silenceMs);
      const all = [...always, ...headers];
      pool.dispatch({ method: 'POST', path: prefix + path, headers: all, body }, reader);
      return reader.head;
    },
    close: () => {
      void pool.destroy();
    },
  };
}

const SILENT: ReadonlySet<unknown> = new Set(['UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);

/** Takes one answer off the wire, for whoever reads it. */
class AnswerReader implements Dispatcher.DispatchHandler, HttpAnswer {
  readonly head: Promise<HttpAnswer>;
  status = 0;
  headers: AnswerHeaders = {};
  #waiting: Buffer[] = [];
  #isWanted = true;
  #hasEnded = false;
  #failure: Error | undefined;
  #wake = (): void => undefined;
  readonly #silenceMs: number;
  readonly #settleHead: PromiseWithResolvers<HttpAnswer>;

  constructor(silenceMs: number) {
    this.#silenceMs = silenceMs;
    this.#settleHead = Promise.withResolvers();
    this.head = this.#settleHead.promise;
  }

  // The client needs it, to be sure that it talks to a handler of today.
  onRequestStart(): void {
    return undefined;
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: AnswerHeaders): void {
    // An interim answer (1xx) has no body, and another head follows.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    this.#settleHead.resolve(this);
  }

  onResponseData(_: Dispatcher.DispatchController, piece: Buffer): void {
    if (!this.#isWanted) return;
    this.#waiting.push(piece);
    this.#wake();
  }

  onResponseEnd(): void {
    this.#hasEnded = true;
    this.#wake();
  }

  onResponseError(
    _: Dispatcher.DispatchController,
    error: Error & { readonly code?: unknown },
  ): void {
    this.#failure = SILENT.has(error.code)
      ? new ModelError('timeout', `the model said nothing for ${this.#silenceMs} ms`)
      : error;
    this.#hasEnded = true;
    this.#settleHead.reject(this.#failure);
    this.#wake();
  }

  header(name: string): string | undefined {
    const value = this.headers[name];
    return typeof value === 'string' ? value : undefined;
  }

  async whole(): Promise<Buffer> {
    while (!this.#hasEnded) await this.#more();
    if (this.#failure) throw this.#failure;
    const [first, ...others] = this.#waiting;
    return first && others.length === 0 ? first : Buffer.concat(this.#waiting);
  }

  async *pieces(): AsyncGenerator<Buffer> {
    try {
      for (;;) {
        for (const piece of this.#waiting.splice(0)) yield piece;
        // What came while those were read goes first.
        if (this.#waiting.length > 0) continue;
        if (this.#hasEnded) break;
        await this.#more();
      }
      if (this.#failure) throw this.#failure;
    } finally {
      this.#isWanted = false;
    }
  }

  #more(): Promise<void> {
    return new Promise((resolve) => (this.#wake = resolve));
  }
}
