import type { DocumentedBody } from '../runtime/bundling.ts';

type Schema = DocumentedBody['schema'];
type JsonType = 'array' | 'boolean' | 'null' | 'number' | 'object' | 'string';

/**
 * What a model may say: JSON Schema draft 4 as far as a refusal by it is certain, and as far as API Gateway
 * goes. Its log says why a body was refused, so nothing stands here that would make it quote a value or a
 * name of the caller's. `anyOf` is not here because models do not support it
 * (docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-known-issues.html, read 2026-11-21).
 */
export interface ModelSchema {
  readonly type?: JsonType | readonly JsonType[];
  readonly properties?: Readonly<Record<string, ModelSchema>>;
  readonly required?: readonly string[];
  readonly items?: ModelSchema;
}

/** A schema of the document says something that this file does not know how to say in a model. */
export class UnknownSchema extends Error {
  override readonly name = 'UnknownSchema';
}

const READ = ['anyOf', 'items', 'properties', 'required', 'type'];
/** Only ever narrow what a schema takes, or say nothing of it: without them a model takes more, never less. */
const LEFT_TO_HANDLERS = [
  ...['additionalProperties', 'const', 'default', 'description', 'enum', 'maxItems', 'maxLength'],
  ...['maxProperties', 'maximum', 'minItems', 'minLength', 'minProperties', 'minimum', 'pattern'],
  ...['propertyNames'],
];
const KNOWN = [...READ, ...LEFT_TO_HANDLERS];

/** `integer` is here a number: to a reader of draft 4, 100.0 may be no integer, and our handlers take it. */
const TYPES: Readonly<Record<string, JsonType>> = {
  ...{ array: 'array', boolean: 'boolean', integer: 'number', null: 'null' },
  ...{ number: 'number', object: 'object', string: 'string' },
};
const ANYTHING: ModelSchema = {};

/**
 * The model of a schema: it takes everything that the schema takes, and more.
 *
 * @param where - Of the schema, for errors.
 * @returns undefined where a model would check nothing but that the body is an object.
 * @throws UnknownSchema
 */
export function modelSchemaOf(schema: Schema, where: string): ModelSchema | undefined {
  const { type, ...checks } = unionOf(branchesOf(schema, where), where);
  const isPlain = type === 'object' && Object.keys(checks).length === 0;
  return type === undefined || isPlain ? undefined : { type, ...checks };
}

/** The schemas of which one must hold, none of them an `anyOf` itself. */
function branchesOf(schema: Schema, where: string): readonly Schema[] {
  const unknown = Object.keys(schema).find((keyword) => !KNOWN.includes(keyword));
  if (unknown !== undefined)
    throw new UnknownSchema(
      `${where}: got keyword ${unknown}, expected one of ${KNOWN.join(', ')}`,
    );
  const { anyOf, ...others } = schema;
  if (anyOf === undefined) return [schema];
  const beside = READ.find((keyword) => keyword in others);
  if (beside !== undefined)
    throw new UnknownSchema(`${where}: got ${beside} beside anyOf, expected it inside`);
  return (anyOf as readonly Schema[]).flatMap((branch) => branchesOf(branch, where));
}

/** One schema for what any of these takes. */
function unionOf(branches: readonly Schema[], where: string): ModelSchema {
  if (branches.some(({ type }) => type === undefined)) return ANYTHING;
  const types = [...new Set(branches.map(({ type }) => typeOf(type, where)))];
  const [type] = types;
  // A field that may only be left out is refused by its name, in the words of its clients.
  if (type === undefined || (types.length === 1 && type === 'null')) return ANYTHING;
  return {
    type: types.length === 1 ? type : types,
    ...membersOf(
      branches.filter((branch) => branch['type'] === 'object'),
      where,
    ),
    ...itemsOf(
      branches.filter((branch) => branch['type'] === 'array'),
      where,
    ),
  };
}

function typeOf(type: unknown, where: string): JsonType {
  const known = typeof type === 'string' ? TYPES[type] : undefined;
  if (known) return known;
  const expected = Object.keys(TYPES).join(', ');
  throw new UnknownSchema(
    `${where}: got type ${JSON.stringify(type)}, expected one of ${expected}`,
  );
}

/** What is said of members in all of these objects; one that is closed says of others that there are none. */
function membersOf(
  objects: readonly Schema[],
  where: string,
): Pick<ModelSchema, 'properties' | 'required'> {
  const lists = objects.map(({ required = [] }) => required as readonly string[]);
  const required = (lists[0] ?? []).filter((name) => lists.every((list) => list.includes(name)));
  const members = objects.map(({ properties = {} }) => properties as Record<string, Schema>);
  const names = [...new Set(members.flatMap((properties) => Object.keys(properties)))];
  const properties = names
    .map((name) => {
      const at = `${where}.${name}`;
      const branches = objects.flatMap((object, index) => {
        const found = members[index]?.[name];
        if (found) return branchesOf(found, at);
        return object['additionalProperties'] === false ? [] : [{}];
      });
      return [name, unionOf(branches, at)] as const;
    })
    .filter(([, model]) => model !== ANYTHING);
  return {
    ...(properties.length > 0 && { properties: Object.fromEntries(properties) }),
    // Draft 4 has no empty list here.
    ...(required.length > 0 && { required }),
  };
}

function itemsOf(lists: readonly Schema[], where: string): Pick<ModelSchema, 'items'> {
  const branches = lists.flatMap(({ items = {} }) => branchesOf(items as Schema, `${where}[]`));
  const items = unionOf(branches, where);
  return lists.length === 0 || items === ANYTHING ? {} : { items };
}
