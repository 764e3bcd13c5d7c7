import { Duration } from 'aws-cdk-lib';
import type { Function } from 'aws-cdk-lib/aws-lambda';
import type { ILogGroup } from 'aws-cdk-lib/aws-logs';
import type { Construct } from 'constructs';
import type { GatewayFunctionName } from '../runtime/settings.ts';
import { createFunction } from './bundled-function.ts';
import type { FunctionNetwork } from './bundled-function.ts';
import { gatewayAccess, noticesArn } from './gateway-access.ts';
import type { LakeStack } from './lake-stack.ts';
import type { UnitNames } from './names.ts';
import { grantTables } from './tenant-filters.ts';
import type { TenancyStack } from './tenancy-stack.ts';
import type { FullUnit, IdentityConfig } from './unit.ts';
import type { Users } from './users.ts';

interface GatewayFunctionsProps {
  readonly names: UnitNames;
  readonly config: FullUnit['gateway'];
  readonly tenancy: TenancyStack;
  readonly lake: LakeStack;
  readonly network: FunctionNetwork | null;
  readonly governed: boolean;
  readonly log: ILogGroup;
}

/** Everything that answers, and what stands in front of it. */
export function createGatewayFunctions(
  scope: Construct,
  props: GatewayFunctionsProps,
): Record<GatewayFunctionName, Function> {
  const { names, config, tenancy, lake, log, governed } = props;
  const { table, pepper, macKey, users } = tenancy;
  const access = gatewayAccess({
    ...{ names, config, governed, tableArn: table.tableArn },
    ...{ pepperArn: pepper.secretArn, macKeyArn: macKey.secretArn },
  });
  const issuers = issuersOf(config.identity, users);
  const said = { table: names.table, pepperSecret: pepper.secretArn };
  const small = { ...props, log, memoryMb: 512, timeout: Duration.seconds(5) };
  const me = createFunction(scope, 'me', {
    ...{ ...small, timeout: Duration.minutes(1), access: access.me },
    settings: {
      ...{ table: names.table, lakeBucket: names.buckets.lake },
      ...{ database: names.database, workGroup: names.analystWorkGroup },
    },
  });
  if (governed) {
    const arn = me.role?.roleArn ?? '';
    grantTables(scope, names, { id: 'Me', arn, permissions: ['SELECT', 'DESCRIBE'] });
  }
  return {
    me,
    invoke: createFunction(scope, 'invoke', {
      ...{ ...props, log: lake.usageLog, access: access.invoke },
      // Waiting for a model takes no CPU, and memory is paid for as long as it waits.
      ...{ memoryMb: 512, timeout: Duration.minutes(15) },
      settings: {
        ...{ table: names.table, lakeBucket: names.buckets.lake },
        ...{ macKeySecret: macKey.secretArn, topicArn: noticesArn(names) },
      },
    }),
    admin: createFunction(scope, 'admin', {
      ...{ ...small, timeout: Duration.seconds(30), settings: said, access: access.admin },
    }),
    authorizer: createFunction(scope, 'authorizer', {
      ...{ ...small, access: access.authorizer },
      // Keys of issuers lie on the internet, where no function in a network gets.
      network: issuers.length > 0 ? null : props.network,
      settings: {
        ...{ ...said, usagePlanKey: names.usagePlanKey, issuers: JSON.stringify(issuers) },
      },
    }),
    'operator-authorizer': createFunction(scope, 'operator-authorizer', {
      ...{ ...small, settings: said, access: access['operator-authorizer'] },
    }),
  };
}

/** Whose tokens are believed, as `IssuerSettings` has it. */
function issuersOf(identity: IdentityConfig | null, users: Users | null): readonly object[] {
  const others = (identity?.issuers ?? []).map(
    ({ issuer, audience, jwks, tenantClaim, costCenterClaim }) => ({
      ...{ issuer, audience, jwks, tenant_claim: tenantClaim },
      ...(costCenterClaim !== null && { cost_center_claim: costCenterClaim }),
    }),
  );
  if (!users) return others;
  const own = {
    ...{ issuer: users.issuer, audience: users.clientId },
    jwks: `${users.issuer}/.well-known/jwks.json`,
    // An access token says nothing of a tenant.
    token_use: 'id',
  };
  return [own, ...others];
}
