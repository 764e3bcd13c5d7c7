import type { Schema } from './schema.ts';

/** What stands in the query or in a header. */
export interface Parameter {
  readonly schema: Schema;
  readonly required?: boolean;
  readonly description?: string;
}

/** What a route cannot say of itself: what it is for, what it takes and what it answers. */
export interface OperationWords {
  readonly summary: string;
  /** Schema of the body of the request; without it there is none. */
  readonly body?: Schema;
  readonly query?: Readonly<Record<string, Parameter>>;
  readonly headers?: Readonly<Record<string, Parameter>>;
  /** Schema of the whole answer; without it there is none, and the status is 204. */
  readonly answer?: Schema;
  /** Media type of the answer where it may be, or always is, a stream. */
  readonly stream?: string;
  /** Does it call a model? Then its answer names the call and says how budgets stand. */
  readonly metered?: boolean;
}

/** By method and path, as `POST /v1/messages`. */
export type Operations = Readonly<Record<string, OperationWords>>;
