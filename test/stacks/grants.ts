import type { AnyFunctionName } from '../../runtime/settings.ts';
import { flat, resourcesOf } from './deployed.ts';
import type { Resource, Template } from './deployed.ts';

/** What a statement allows. */
export interface Grant {
  readonly actions: readonly string[];
  readonly resources: readonly string[];
}

const listed = (value: unknown): unknown[] => (Array.isArray(value) ? value : [value]);

/** What a role or policy allows. */
export function grantsOf({ Properties }: Resource): Grant[] {
  const inline = (Properties['Policies'] ?? []) as { PolicyDocument: unknown }[];
  const documents = [
    ...inline.map(({ PolicyDocument }) => PolicyDocument),
    Properties['PolicyDocument'],
  ];
  return documents.filter(Boolean).flatMap((document) =>
    (document as { Statement: Record<string, unknown>[] }).Statement.filter(
      ({ Effect }) => Effect === 'Allow',
    ).map(({ Action, Resource: resource }) => ({
      actions: listed(Action) as string[],
      resources: listed(resource).map(flat),
    })),
  );
}

/** Function → its role's grants, in the stacks of one unit. */
export function grantsByFunction(
  templates: readonly Template[],
): ReadonlyMap<AnyFunctionName, readonly Grant[]> {
  const grants = new Map<AnyFunctionName, readonly Grant[]>();
  for (const template of templates) {
    for (const [, { Properties }] of resourcesOf(template, 'AWS::Lambda::Function')) {
      const { Description, Role } = Properties;
      const [, name = ''] = /functions\/(.*)\.ts$/.exec(String(Description)) ?? [];
      const role = template.Resources[/<(.*)\.Arn>/.exec(flat(Role))?.[1] ?? ''];
      grants.set(name as AnyFunctionName, role ? grantsOf(role) : []);
    }
  }
  return grants;
}
