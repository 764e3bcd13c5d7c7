import type { EventId } from '../../domain/event-id.ts';
import type { Problem } from '../../domain/dialects/problem.ts';
import type { Operator, Role } from '../admin/operators.ts';
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

export type Headers = Readonly<Record<string, string>>;

/** Where an answer goes. Nothing here throws: a client that left cannot stop the call. */
export interface ApiResponse {
  /**
   * Has anything been sent? Then only pieces of a stream can follow. No getter: V8 gives every object
   * literal with one a hidden class of its own, old from birth, which keeps its whole call alive until
   * a full collection.
   */
  hasStarted(): boolean;
  /** Names the call in the head of the answer, and says there what else is known by then. */
  identify(id: EventId, headers?: Headers): void;
  /** Sends a whole answer as JSON. */
  json(status: number, body: unknown, headers?: Headers): void;
  /** Sends a whole answer as it is. */
  bytes(
    status: number,
    body: Uint8Array,
    headers: Headers & { readonly 'content-type': string },
  ): void;
  /** Sends pieces of a stream at once, in one write; the first ones open it with status 200. */
  stream(contentType: string, pieces: readonly (string | Uint8Array)[]): void;
  /** Ends a stream. */
  end(): void;
}

/** A request whose caller is known. */
export interface ApiRequest {
  readonly principal: Principal;
  /** Parts of the path that the route names, decoded. */
  readonly params: Readonly<Record<string, string>>;
  /** The part of the target after `?`, as it came; empty where there is none. */
  readonly query: string;
  readonly headers: readonly Header[];
  /** Parsed JSON; undefined for methods without a body. */
  readonly body: unknown;
  /** The body as it came; empty for methods without one. */
  readonly bytes: Uint8Array;
}

/** What may still go on after the answer: a process must not end before it. */
export interface Handled {
  readonly settled: Promise<void>;
}

/** Answers one route. @throws what `problemOf` reads, or an error of ours. */
export type ApiHandler = (request: ApiRequest, response: ApiResponse) => Promise<Handled>;

/** How one family of clients is told that something went wrong. */
export interface Dialect {
  /**
   * The body of an answer that is an error, headers its clients read, and its status where they
   * would take the problem's own for something else.
   */
  error(problem: Problem): {
    readonly body: unknown;
    readonly headers?: Headers;
    readonly status?: number;
  };
  /** A piece of a stream that says it ended in an error. */
  streamError(problem: Problem): {
    readonly contentType: string;
    readonly piece: string | Uint8Array;
  };
}

/**
 * A route says who may use it, in which dialect, and what serves it, in one object: they cannot come
 * apart. A segment of its path in braces stands for any one segment.
 */
export type Route =
  | {
      readonly method: 'GET' | 'POST';
      readonly path: string;
      readonly access: 'tenant';
      readonly dialect: Dialect;
      readonly handle: ApiHandler;
    }
  | OperatorRoute
  | {
      readonly method: 'GET';
      readonly path: string;
      readonly access: 'public';
      readonly handle: (response: ApiResponse) => void;
    };

/** A request whose operator is known, and may do what the route does. */
export type OperatorRequest = Omit<ApiRequest, 'principal'> & { readonly operator: Operator };

/** A route for those who operate the gateway, on credentials of their own. */
export interface OperatorRoute {
  readonly method: 'GET' | 'POST' | 'PUT' | 'DELETE';
  /** A `tenant_admin` may only use paths whose `{tenant}` is its own. */
  readonly path: string;
  readonly access: 'operator';
  readonly roles: readonly [Role, ...Role[]];
  /** @returns the answer: 200 with a body, 204 without. */
  readonly handle: (request: OperatorRequest) => Promise<unknown>;
}

/** A request that the edge refuses before any handler sees it. */
export class ApiRefused extends Error {
  override readonly name = 'ApiRefused';
  readonly problem: Problem;
  /** Headers that belong to the refusal, such as `allow`. */
  readonly headers: Headers;

  constructor(
    status: number,
    message: string,
    more: { readonly code?: string; readonly headers?: Headers } = {},
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
