import { Ajv } from 'ajv';
import { TemplateError, referenceIn, resourcesOf } from './template.ts';
import type { Named, Template } from './template.ts';

/** By media type: does a body match the model of a method? */
export type BodyModels = ReadonlyMap<string, (body: unknown) => boolean>;

const DRAFT_4 = 'http://json-schema.org/draft-04/schema#';
/** These mean in draft 7, which Ajv reads, what they mean in draft 4; `integer` does not: 1.0 is one in 7 alone. */
const SAME_IN_BOTH = ['items', 'properties', 'required', 'type'];

const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false });

/** What a method's validator checks bodies by. @throws TemplateError for what the harness cannot check. */
export function bodyModelsOf(template: Template, { id, properties }: Named): BodyModels {
  const validator = referenced(template, 'RequestValidator', properties['RequestValidatorId']);
  if (validator?.properties['ValidateRequestBody'] !== true) return new Map();
  const models = (properties['RequestModels'] ?? {}) as Record<string, unknown>;
  return new Map(
    Object.entries(models).map(([contentType, reference]) => {
      const model = referenced(template, 'Model', reference);
      if (model?.properties['ContentType'] !== contentType)
        throw new TemplateError(`${id}: expected a model of ${contentType}`);
      return [contentType, ajv.compile(schemaOf(model))];
    }),
  );
}

function referenced(template: Template, type: string, value: unknown): Named | undefined {
  const id = referenceIn(value);
  return resourcesOf(template, `AWS::ApiGateway::${type}`).find((one) => one.id === id);
}

function schemaOf({ id, properties }: Named): object {
  const { $schema: version, ...schema } = properties['Schema'] as Record<string, unknown>;
  if (version !== DRAFT_4)
    throw new TemplateError(`${id}: got ${JSON.stringify(version)}, expected draft 4`);
  const unknown = keywordsIn(schema).find((keyword) => !SAME_IN_BOTH.includes(keyword));
  if (unknown !== undefined) throw new TemplateError(`${id}: the harness knows no ${unknown}`);
  return schema;
}

/** Every keyword of a schema and of those inside it; `integer` and empty lists count as such. */
export function keywordsIn(schema: object): string[] {
  return Object.entries(schema).flatMap(([keyword, value]: [string, unknown]) => {
    if (keyword === 'properties')
      return [keyword, ...Object.values(value as object).flatMap(keywordsIn)];
    if (keyword === 'items') return [keyword, ...keywordsIn(value as object)];
    const words = [value].flat();
    return words.length === 0 || words.includes('integer')
      ? [`${keyword}: ${String(value)}`]
      : keyword;
  });
}
