import { Aws } from 'aws-cdk-lib';
import { CfnDashboard, CfnDataSet, CfnDataSource } from 'aws-cdk-lib/aws-quicksight';
import { Construct } from 'constructs';
import viewColumns from '../sql/views.json' with { type: 'json' };
import type { UnitNames } from './names.ts';
import { DATA_SETS, VISUALS, visualOf } from './quicksight-visuals.ts';

interface QuickSightProps {
  readonly names: UnitNames;
  /** A user or group: the owner. */
  readonly principalArn: string;
}

const RUN_ACTIONS = ['CreateIngestion', 'CancelIngestion', 'ListIngestions', 'DescribeIngestion'];

/** All that an owner may do, action by action: QuickSight takes no role names here. */
const SOURCE_ACTIONS = [
  ...['Describe', 'Pass', 'Update', 'Delete'].map((action) => `quicksight:${action}DataSource`),
  ...['Describe', 'Update'].map((action) => `quicksight:${action}DataSourcePermissions`),
];

const DATA_SET_ACTIONS = [
  ...['Describe', 'Pass', 'Update', 'Delete'].map((action) => `quicksight:${action}DataSet`),
  ...['Describe', 'Update'].map((action) => `quicksight:${action}DataSetPermissions`),
  ...RUN_ACTIONS.map((action) => `quicksight:${action}`),
];

const DASHBOARD_ACTIONS = [
  ...['Describe', 'Update', 'Delete', 'Query'].map((action) => `quicksight:${action}Dashboard`),
  ...['Describe', 'Update'].map((action) => `quicksight:${action}DashboardPermissions`),
  ...['quicksight:ListDashboardVersions', 'quicksight:UpdateDashboardPublishedVersion'],
];

/** The analysts' tables in QuickSight, asked live through Athena, and a dashboard over them. */
export class QuickSight extends Construct {
  constructor(scope: Construct, id: string, { names, principalArn }: QuickSightProps) {
    super(scope, id);

    const source = new CfnDataSource(this, 'Source', {
      awsAccountId: Aws.ACCOUNT_ID,
      dataSourceId: names.prefix,
      name: names.prefix,
      type: 'ATHENA',
      dataSourceParameters: { athenaParameters: { workGroup: names.analystWorkGroup } },
      sslProperties: { disableSsl: false },
      permissions: [
        {
          principal: principalArn,
          actions: SOURCE_ACTIONS,
        },
      ],
    });
    const sets = DATA_SETS.map((view) => this.createDataSet(view, { names, principalArn, source }));
    new CfnDashboard(this, 'Dashboard', {
      awsAccountId: Aws.ACCOUNT_ID,
      dashboardId: names.prefix,
      name: `${names.prefix}: what was used and what it costs`,
      definition: {
        dataSetIdentifierDeclarations: DATA_SETS.map((view, at) => ({
          identifier: view,
          dataSetArn: sets[at]?.attrArn ?? '',
        })),
        sheets: [{ sheetId: 'usage', name: 'Usage and cost', visuals: VISUALS.map(visualOf) }],
      },
      permissions: [{ principal: principalArn, actions: DASHBOARD_ACTIONS }],
    });
  }

  private createDataSet(
    view: (typeof DATA_SETS)[number],
    { names, principalArn, source }: QuickSightProps & { readonly source: CfnDataSource },
  ): CfnDataSet {
    const columns = Object.entries(viewColumns[view]);
    const set = new CfnDataSet(this, `Set-${view}`, {
      awsAccountId: Aws.ACCOUNT_ID,
      dataSetId: `${names.prefix}-${view}`,
      name: `${names.prefix} ${view}`,
      // Asked when looked at: a copy would be old, and would hold what nobody audits.
      importMode: 'DIRECT_QUERY',
      physicalTableMap: {
        rows: {
          customSql: {
            dataSourceArn: source.attrArn,
            name: view,
            sqlQuery: selectMicroUsd(names.database, view, columns),
            columns: columns.map(([name, type]) => inputColumn(name, type)),
          },
        },
      },
      permissions: [{ principal: principalArn, actions: DATA_SET_ACTIONS }],
    });
    return set;
  }
}

/**
 * Money in millionths of a dollar: QuickSight keeps four places of a decimal, and the price of a
 * token begins at the sixth.
 */
function selectMicroUsd(
  database: string,
  view: string,
  columns: readonly (readonly [string, string])[],
): string {
  const selected = columns.map(([name, type]) =>
    isMoney(type) ? `${name} * 1000000 AS ${name}_micro_usd` : name,
  );
  return `SELECT ${selected.join(', ')} FROM ${database}.${view}`;
}

function inputColumn(name: string, type: string): CfnDataSet.InputColumnProperty {
  if (isMoney(type)) return { name: `${name}_micro_usd`, type: 'DECIMAL', subType: 'FIXED' };
  if (type === 'bigint') return { name, type: 'INTEGER' };
  return { name, type: type === 'string' ? 'STRING' : 'DATETIME' };
}

function isMoney(type: string): boolean {
  return type.startsWith('decimal');
}
