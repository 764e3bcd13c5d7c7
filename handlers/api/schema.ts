/** A schema of JSON Schema 2020-12, which OpenAPI 3.1 speaks. */
export type Schema = Readonly<Record<string, unknown>>;

export const TEXT: Schema = { type: 'string' };
export const FLAG: Schema = { type: 'boolean' };
export const COUNT: Schema = { type: 'integer', minimum: 0 };
export const NUMBER: Schema = { type: 'number' };
export const OBJECT: Schema = { type: 'object' };
export const ANYTHING: Schema = {};
export const NULL: Schema = { type: 'null' };
export const INSTANT: Schema = {
  ...{ type: 'string', pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:\\d{2}\\.\\d{3}Z$' },
  description: 'UTC, to the millisecond',
};
export const USD: Schema = {
  ...{ type: 'string', pattern: '^-?\\d+(\\.\\d{1,12})?$' },
  description: 'decimal USD, not rounded',
};

/** The value, or null. */
export function orNull(schema: Schema): Schema {
  return { anyOf: [schema, NULL] };
}

/** A list of such values. */
export function listOf(items: Schema): Schema {
  return { type: 'array', items };
}

/** One of these words. */
export function oneOf(words: readonly string[]): Schema {
  return { type: 'string', enum: words };
}

/** An object of exactly these members; those named in `optional` may be missing. */
export function exactly(
  properties: Readonly<Record<string, Schema>>,
  optional: readonly string[] = [],
) {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: 'object', properties, required, additionalProperties: false };
}

/** An object that has at least these members. */
export function atLeast(properties: Readonly<Record<string, Schema>>): Schema {
  return { type: 'object', properties, required: Object.keys(properties) };
}

/** What is said of the fields of a body, beside the list that its parser keeps. */
interface FieldWords {
  readonly required?: readonly string[];
  readonly types?: Readonly<Record<string, Schema>>;
}

/**
 * A body of the fields that a parser takes, and of no other. Null means absent.
 *
 * @throws RangeError for words about a field that the parser does not take: one of the two is wrong.
 */
export function bodyOf(
  fields: readonly string[],
  { required = [], types = {} }: FieldWords,
): Schema {
  for (const name of [...required, ...Object.keys(types)]) {
    if (!fields.includes(name))
      throw new RangeError(`schema: got ${name}, expected ${fields.join()}`);
  }
  const typeOf = (name: string) => types[name] ?? ANYTHING;
  const properties = fields.map((name) => [
    ...[name, required.includes(name) ? typeOf(name) : optional(typeOf(name))],
  ]);
  return {
    ...{ type: 'object', properties: Object.fromEntries(properties) as Schema },
    ...{ required, additionalProperties: false },
  };
}

function optional(schema: Schema): Schema {
  return schema === ANYTHING ? schema : orNull(schema);
}
