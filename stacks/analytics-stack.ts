import { CfnOutput, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { CfnNamedQuery, CfnWorkGroup } from 'aws-cdk-lib/aws-athena';
import { ManagedPolicy } from 'aws-cdk-lib/aws-iam';
import type { Construct } from 'constructs';
import { acknowledgeWildcards, statementOf } from './access.ts';
import { athenaAccess, workGroupsOf } from './athena-access.ts';
import type { AthenaAccessProps, WorkGroup } from './athena-access.ts';
import type { FullUnit } from './unit.ts';
import {
  createCandidateTables,
  createDatabase,
  createPublishedTables,
  createView,
  readViews,
} from './lake-tables.ts';
import type { UnitNames } from './names.ts';
import { QuickSight } from './quicksight.ts';
import { TenantFilters, grantTables } from './tenant-filters.ts';
import type { WholeReader } from './tenant-filters.ts';

interface AnalyticsProps extends StackProps {
  readonly names: UnitNames;
  readonly config: FullUnit['analytics'];
}

/** An audit reads one window; more than this is a mistake. */
const AUDIT_SCAN_MB = 100_000;
const MB = 1_000_000;

/** The lake as tables: for the audit before a window is sealed, for analysts after. */
export class AnalyticsStack extends Stack {
  constructor(scope: Construct, id: string, { names, config, ...props }: AnalyticsProps) {
    super(scope, id, props);
    const lakeBucket = names.buckets.lake;
    const governed = config.tenantReaders.length > 0;
    const groups = workGroupsOf(names);

    const published = {
      ...{ name: names.database, lakeBucket, governed },
      description: `${names.prefix}: sealed usage, charges, quarantine and prices`,
    };
    const database = createDatabase(this, 'Published', published);
    const tables = createPublishedTables(this, database, published);
    const candidate = {
      ...{ name: names.candidateDatabase, lakeBucket, governed: false },
      description: `${names.prefix}: runs under audit, which nobody else reads`,
    };
    createCandidateTables(this, createDatabase(this, 'Candidate', candidate), candidate);

    this.createWorkGroup(names, groups.audit, AUDIT_SCAN_MB);
    const analysts = this.createWorkGroup(names, groups.analysts, config.scanLimitMb);
    for (const view of readViews()) {
      const created = createView(this, names.database, view);
      for (const table of tables) created.addResourceDependency(table);
      const query = new CfnNamedQuery(this, `Query-${view.name}`, {
        ...{ name: view.name, description: view.description, queryString: view.text },
        ...{ database: names.database, workGroup: names.analystWorkGroup },
      });
      query.addResourceDependency(analysts);
      query.addResourceDependency(database);
    }
    const wholeReaders = this.addAnalysts(names, config);
    this.addTenantReaders(names, config);
    if (governed) {
      const { tenantReaders: readers } = config;
      const lakeArn = `arn:${this.partition}:s3:::${lakeBucket}`;
      const filters = new TenantFilters(this, 'Tenants', { names, lakeArn, tables, readers });
      for (const reader of wholeReaders) {
        grantTables(this, names, reader).node.addDependency(filters, ...tables);
      }
    }
    if (config.quickSight) {
      const sight = new QuickSight(this, 'QuickSight', { names, ...config.quickSight });
      sight.node.addDependency(analysts, ...tables);
    }
  }

  private createWorkGroup(names: UnitNames, group: WorkGroup, scanLimitMb: number): CfnWorkGroup {
    return new CfnWorkGroup(this, `WorkGroup-${group.folder}`, {
      name: group.name,
      recursiveDeleteOption: true,
      workGroupConfiguration: {
        // Nobody puts tenants' rows into a bucket of their own.
        enforceWorkGroupConfiguration: true,
        publishCloudWatchMetricsEnabled: true,
        bytesScannedCutoffPerQuery: scanLimitMb * MB,
        engineVersion: { selectedEngineVersion: 'Athena engine version 3' },
        resultConfiguration: {
          outputLocation: `s3://${names.buckets.results}/${group.folder}/`,
          encryptionConfiguration: { encryptionOption: 'SSE_S3' },
          expectedBucketOwner: this.account,
        },
      },
    });
  }

  /** What an analyst needs: a policy to attach and the names to use. */
  private addAnalysts(names: UnitNames, config: FullUnit['analytics']): WholeReader[] {
    const policy = this.createReader(names, 'analyst', {
      workGroup: workGroupsOf(names).analysts,
      ...{ governed: config.tenantReaders.length > 0, files: true, person: true },
    });
    const outputs = {
      AnalystDatabase: names.database,
      AnalystWorkGroup: names.analystWorkGroup,
      AnalystPolicy: policy.managedPolicyArn,
    };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
    const arns = [
      ...config.analysts,
      ...(config.quickSight ? [config.quickSight.principalArn] : []),
    ];
    return arns.map((arn, at) => ({
      ...{ id: `Analyst${at + 1}`, arn, permissions: ['SELECT', 'DESCRIBE'] },
    }));
  }

  /** What the role of a tenant needs: questions of its own, and files by Lake Formation alone. */
  private addTenantReaders(names: UnitNames, config: FullUnit['analytics']): void {
    for (const { tenant } of config.tenantReaders) {
      const workGroup = workGroupsOf(names).tenant(tenant);
      this.createWorkGroup(names, workGroup, config.scanLimitMb);
      this.createReader(names, `reader-${tenant}`, {
        ...{ workGroup, governed: true, files: false, person: true },
      });
    }
  }

  /** A policy for an admin to attach to whoever asks. */
  private createReader(names: UnitNames, kind: string, props: AthenaAccessProps): ManagedPolicy {
    const access = athenaAccess(names, props);
    const policy = new ManagedPolicy(this, `Policy-${kind}`, {
      managedPolicyName: `${names.prefix}-${kind}`,
      description: 'Asks Athena about sealed usage and charges',
      statements: access.map(statementOf),
    });
    acknowledgeWildcards(policy, access);
    return policy;
  }
}
