import type { EventId } from '../domain/event-id.ts';
import type { Problem } from '../domain/dialects/problem.ts';
import type { Principal } from './authenticate.ts';

/** A header as it came: name in its own spelling, one pair per occurrence. */
export type Header = readonly [name: string, value: string];

/** A request as an edge receives it, before anybody believes a word of it. */
export interface EdgeRequest {
  readonly method: string;
  /** The request target as it came: a path, or an absolute URL. */
  readonly target: string;
  readonly headers: readonly Header[];
  /**
   * Reads the body. @throws ApiRefused with status 413 if it is longer than `limit` bytes.
   * @throws ClientLeft if the client went away meanwhile.
   */
  readonly readBody: (limit: number) => Promise<Uint8Array>;
}

/** Where an answer goes. Nothing here throws: a client that left cannot stop the call. */
export interface ApiResponse {
  /** Has anything been sent? Then only events can follow. */
  readonly started: boolean;
  /** Names the call in the head of the answer. */
  identify(id: EventId): void;
  /** Sends a whole answer. */
  json(status: number, body: unknown, headers?: Readonly<Record<string, string>>): void;
  /** Sends server-sent events at once; the first ones open the stream. */
  events(payloads: readonly string[]): void;
  /** Ends a stream. */
  end(): void;
}

/** A request whose caller is known. */
export interface ApiRequest {
  readonly principal: Principal;
  /** Parsed JSON; undefined for methods without a body. */
  readonly body: unknown;
}

/** What may still go on after the answer: a process must not end before it. */
export interface Handled {
  readonly settled: Promise<void>;
}

/** Answers one route. @throws what `problemOf` reads, or an error of ours. */
export type ApiHandler = (request: ApiRequest, response: ApiResponse) => Promise<Handled>;

/** A route says who may use it, and what serves it, in one object: they cannot come apart. */
export type Route =
  | {
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly access: 'tenant';
      readonly handle: ApiHandler;
    }
  | {
      readonly method: 'GET';
      readonly path: string;
      readonly access: 'public';
      readonly handle: (response: ApiResponse) => void;
    };

/** A request that the edge refuses before any handler sees it. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused';
  readonly problem: Problem;
  /** Headers that belong to the refusal, such as `allow`. */
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    message: string,
    more: { readonly code?: string; readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message);
    this.problem = { status, message, code: more.code ?? null, field: null };
    this.headers = more.headers ?? {};
  }
}

/** The client went away before its request was whole: there is nobody to answer. */
export class ClientLeft extends Error {
  override readonly name = 'ClientLeft';
}
