import { Stack, Validations } from 'aws-cdk-lib';
import {
  Effect,
  PolicyDocument,
  PolicyStatement,
  Role,
  ServicePrincipal,
} from 'aws-cdk-lib/aws-iam';
import type { IConstruct, Construct } from 'constructs';
import { flattenCfnReference } from 'cdk-nag/lib/utils/flatten-cfn-reference.js';

/** What a role may do with what. */
export interface Access {
  /** Whole actions, `service:Action`: none holds a `*`. */
  readonly actions: readonly string[];
  readonly resources: readonly string[];
  readonly conditions?: Readonly<Record<string, unknown>>;
  /** Why a resource holds a `*`; nobody may leave it out who writes one. */
  readonly because?: string;
}

/** Says why a finding of cdk-nag stands. Tests see to it that it still finds something. */
export function acknowledge(scope: IConstruct, id: string, reason: string): void {
  Validations.of(scope).acknowledge({ id: `AwsSolutions-${id}`, reason });
}

/** A role of one service with exactly this access, in one inline policy. */
export function createRole(
  scope: Construct,
  id: string,
  { service, access }: { readonly service: string; readonly access: readonly Access[] },
): Role {
  const statements = access.map(statementOf);
  const role = new Role(scope, id, {
    assumedBy: new ServicePrincipal(service),
    ...(statements.length > 0 && {
      inlinePolicies: { Access: new PolicyDocument({ statements }) },
    }),
  });
  acknowledgeWildcards(role, access);
  return role;
}

/** An access as IAM has it. */
export function statementOf({ actions, resources, conditions }: Access): PolicyStatement {
  return new PolicyStatement({
    effect: Effect.ALLOW,
    actions: [...actions],
    resources: [...resources],
    ...(conditions && { conditions }),
  });
}

/** Acknowledges every resource with a `*` of these under the reason that its access gives. */
export function acknowledgeWildcards(scope: IConstruct, access: readonly Access[]): void {
  for (const { actions, resources, because } of access) {
    for (const resource of resources) {
      const text = flattenCfnReference(Stack.of(scope).resolve(resource));
      if (!text.includes('*')) continue;
      if (because === undefined) {
        throw new Error(
          `access ${actions.join(', ')} to ${text}: got a wildcard, expected a reason`,
        );
      }
      acknowledge(scope, `IAM5[Resource::${text}]`, because);
    }
  }
}
