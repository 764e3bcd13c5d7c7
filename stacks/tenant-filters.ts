import { Aws } from 'aws-cdk-lib';
import { Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import {
  CfnDataCellsFilter,
  CfnPrincipalPermissions,
  CfnResource,
} from 'aws-cdk-lib/aws-lakeformation';
import type { CfnTable } from 'aws-cdk-lib/aws-glue';
import { Construct } from 'constructs';
import { acknowledgeWildcards, statementOf } from './access.ts';
import type { Access } from './access.ts';
import type { UnitNames } from './names.ts';

/** A role that reads one tenant's rows. */
export interface TenantReader {
  /** `t_` and 26 of 0-9a-z: nothing that could end a text in SQL. */
  readonly tenant: string;
  readonly roleArn: string;
}

/** A principal that reads whole tables, or registers their partitions. */
export interface WholeReader {
  readonly id: string;
  readonly arn: string;
  readonly permissions: readonly ('SELECT' | 'DESCRIBE' | 'ALTER' | 'INSERT' | 'DELETE')[];
}

interface TenantFiltersProps {
  readonly names: UnitNames;
  readonly lakeArn: string;
  readonly tables: readonly CfnTable[];
  readonly readers: readonly TenantReader[];
}

/** Tables with a tenant in every row. */
const FILTERED = ['usage', 'charges'];

/**
 * Lake Formation in front of the published tables: a tenant's role sees its rows of `usage` and
 * `charges` and nothing else. S3 itself is read by Lake Formation's role, never by a tenant's.
 */
export class TenantFilters extends Construct {
  constructor(scope: Construct, id: string, props: TenantFiltersProps) {
    super(scope, id);
    const location = this.register(props.lakeArn);
    for (const { tenant, roleArn } of props.readers) {
      for (const table of FILTERED) {
        const filter = this.createFilter(props.names, tenant, table);
        filter.addResourceDependency(location);
        for (const known of props.tables) filter.addResourceDependency(known);
        this.grantFilter(filter, roleArn).addResourceDependency(filter);
      }
    }
  }

  private register(lakeArn: string): CfnResource {
    const role = new Role(this, 'Reader', {
      assumedBy: new ServicePrincipal('lakeformation.amazonaws.com'),
    });
    const access: Access = {
      actions: ['s3:GetObject'],
      resources: [`${lakeArn}/data/*`],
      because: 'the files of the tables, whichever a question needs',
    };
    const list: Access = { actions: ['s3:ListBucket'], resources: [lakeArn] };
    for (const one of [access, list]) role.addToPolicy(statementOf(one));
    acknowledgeWildcards(role, [access]);
    const location = new CfnResource(this, 'Location', {
      resourceArn: `${lakeArn}/data/`,
      roleArn: role.roleArn,
      useServiceLinkedRole: false,
    });
    location.node.addDependency(role);
    return location;
  }

  private createFilter({ database }: UnitNames, tenant: string, table: string): CfnDataCellsFilter {
    return new CfnDataCellsFilter(this, `Filter-${tenant}-${table}`, {
      tableCatalogId: Aws.ACCOUNT_ID,
      databaseName: database,
      tableName: table,
      name: `${tenant}-${table}`,
      rowFilter: { filterExpression: `tenant = '${tenant}'` },
      columnWildcard: {},
    });
  }

  private grantFilter(filter: CfnDataCellsFilter, roleArn: string): CfnPrincipalPermissions {
    return new CfnPrincipalPermissions(this, `Grant-${filter.name}`, {
      principal: { dataLakePrincipalIdentifier: roleArn },
      resource: {
        dataCellsFilter: {
          tableCatalogId: filter.tableCatalogId,
          databaseName: filter.databaseName,
          tableName: filter.tableName,
          name: filter.name,
        },
      },
      permissions: ['SELECT'],
      permissionsWithGrantOption: [],
    });
  }
}

/** Lets a principal read, or change, whole published tables. */
export function grantTables(
  scope: Construct,
  { database }: UnitNames,
  { id, arn, permissions }: WholeReader,
): CfnPrincipalPermissions {
  return new CfnPrincipalPermissions(scope, `Whole-${id}`, {
    principal: { dataLakePrincipalIdentifier: arn },
    resource: { table: { catalogId: Aws.ACCOUNT_ID, databaseName: database, tableWildcard: {} } },
    permissions: [...permissions],
    permissionsWithGrantOption: [],
  });
}
