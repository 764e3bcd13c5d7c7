/** A CloudFormation template, as `cdk synth` writes it. */
export interface Template {
  readonly Resources: Readonly<Record<string, TemplateResource>>;
}

export interface TemplateResource {
  readonly Type: string;
  readonly Properties?: Readonly<Record<string, unknown>>;
}

/** A template says something that the harness does not know: it must not be passed over. */
export class TemplateError extends Error {
  override readonly name = 'TemplateError';
}

/** A resource under its logical id. */
export interface Named {
  readonly id: string;
  readonly properties: Readonly<Record<string, unknown>>;
}

/** Resources of one type. */
export function resourcesOf({ Resources }: Template, type: string): Named[] {
  return Object.entries(Resources).flatMap(([id, { Type, Properties = {} }]) =>
    Type === type ? { id, properties: Properties } : [],
  );
}

/** Logical ids that a value refers to, wherever in it: by `Ref`, `Fn::GetAtt` or `Fn::Sub`. */
export function referencesIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(referencesIn);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]: [string, unknown]) => {
    if (key === 'Ref') return typeof inner === 'string' ? [inner] : [];
    if (key === 'Fn::GetAtt') return Array.isArray(inner) ? [String(inner[0])] : [];
    if (key === 'Fn::Sub') {
      return [...JSON.stringify(inner).matchAll(/\$\{([A-Za-z0-9]+)[.}]/g)].map(([, id]) => id!);
    }
    return referencesIn(inner);
  });
}

/** The one logical id that a value refers to; undefined where it refers to none. */
export function referenceIn(value: unknown): string | undefined {
  return referencesIn(value).find((id) => !id.startsWith('AWS::'));
}

/** Text of a property. @throws TemplateError where there is something else. */
export function textOf({ id, properties }: Named, name: string): string {
  const value = properties[name];
  if (typeof value === 'string') return value;
  throw new TemplateError(`${id}.${name}: got ${JSON.stringify(value)}, expected text`);
}
