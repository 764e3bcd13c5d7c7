import { flat } from './deployed.ts';
import type { Resource } from './deployed.ts';

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
