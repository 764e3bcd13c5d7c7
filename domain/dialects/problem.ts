/** What went wrong with a request, before a dialect puts it into its own words. */
export interface Problem {
  /** HTTP status. */
  readonly status: number;
  readonly message: string;
  /** A word for programs, such as `invalid_api_key`. */
  readonly code: string | null;
  /** The field of the body that is at fault. */
  readonly field: string | null;
}

/** A body that a dialect cannot turn into a call. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  /** Path of the field at fault, such as `messages[0].role`; null for the body itself. */
  readonly field: string | null;

  constructor(field: string | null, message: string) {
    super(`${field ?? 'body'}: ${message}`);
    this.field = field;
  }
}
