import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, jest } from '@jest/globals';
import { App, Stack, Validations } from 'aws-cdk-lib';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { AwsSolutionsChecks } from 'cdk-nag';
import type { Summary } from '../../handlers/metering/summarise.ts';
import { FUNCTION_SETTINGS, PRICING_FUNCTION_SETTINGS, SETTINGS } from '../../runtime/settings.ts';
import type { AnyFunctionName } from '../../runtime/settings.ts';
import tables from '../../sql/tables.json' with { type: 'json' };
import viewColumns from '../../sql/views.json' with { type: 'json' };
import { costPerMonth } from '../../stacks/cost-model.ts';
import { FIGURES } from '../../stacks/metering-figures.ts';
import type { Figure } from '../../stacks/metering-figures.ts';
import { METERING_STEPS, PRICING_STEPS } from '../../workflows/steps.ts';
import { lint } from '../workflows/lint.ts';
import { WITHHELD, actionsUsed } from './adapter-actions.ts';
import { deploy, flat, resourcesOf, testContext, theOnly, violationsIn } from './deployed.ts';
import type { Template } from './deployed.ts';
import { grantsByFunction, grantsOf } from './grants.ts';

/** One process, one synthesis: the validator takes seconds to start. */
const { app, templates, violations } = deploy();
const CHECKOUT = join(__dirname, '..', '..');

function templateOf(part: string, unit = 'example'): Template {
  const template = templates.get(`tollbook-${unit}-${part}`);
  if (!template) throw new Error(`stack ${part} of ${unit}: got none`);
  return template;
}

const everyResource = [...templates.values()].flatMap(({ Resources }) => Object.values(Resources));

describe('the validators', () => {
  it('find nothing, not even a warning', () => {
    expect(violations).toEqual([]);
  });

  it('would find a value that CloudFormation only warns of', () => {
    const outdir = mkdtempSync(join(tmpdir(), 'tollbook-cdk-'));
    const bad = new App({ outdir, context: testContext() });
    const runtime = 'nodejs16.x';
    new CfnFunction(new Stack(bad, 'Bad'), 'Old', {
      code: {},
      role: 'arn:aws:iam::111122223333:role/any',
      runtime,
    });
    const warned = jest.spyOn(console, 'error').mockReturnValue();
    bad.synth();
    warned.mockRestore();

    expect(violationsIn(outdir)).not.toEqual([]);
    rmSync(outdir, { recursive: true });
  });

  it('are acknowledged only where they find something, each with a reason', () => {
    /** What was found is all that there is when nobody is listened to. */
    class AllFindings extends AwsSolutionsChecks {
      findings(): readonly string[] {
        // A private method of the pack: without it no finding is left out.
        (this as unknown as { isAcknowledged: () => boolean }).isAcknowledged = () => false;
        return this.validateScope(app).violations.flatMap(({ ruleName, violatingResources }) =>
          violatingResources.map(({ constructPath }) => `${constructPath} ${ruleName}`),
        );
      }
    }
    const findings = new AllFindings().findings();
    const acknowledged = app.node.findAll().flatMap(({ node }) =>
      node.metadata
        .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
        .flatMap(({ data }) => Object.entries(data as Record<string, string>))
        .map(([id, reason]) => ({ path: node.path, id: id.replace(/^annotation::/i, ''), reason }))
        // Others are CDK's own, of its own validator.
        .filter(({ id }) => id.startsWith('AwsSolutions-')),
    );

    expect(findings.length).toBeGreaterThan(50);
    const idle = acknowledged.filter(
      ({ path, id }) =>
        !findings.some((finding) => finding.startsWith(`${path}/`) && finding.endsWith(` ${id}`)),
    );
    expect(idle).toEqual([]);
    expect(acknowledged.filter(({ reason }) => reason.length < 20)).toEqual([]);
  });
});

const MACHINES = [
  ['metering', METERING_STEPS, 'cron(20 * * * ? *)'],
  ['pricing', PRICING_STEPS, 'cron(5 3 * * ? *)'],
] as const;

describe.each(MACHINES)('the machine of %s', (part, steps: readonly string[], schedule) => {
  const template = templateOf(part);
  const machine = theOnly(template, 'AWS::StepFunctions::StateMachine').Properties;
  const file = readFileSync(join(CHECKOUT, 'workflows', `${part}.asl.json`), 'utf8');

  it('is the file, byte for byte', () => {
    expect(machine['DefinitionString']).toBe(file);
  });

  it('has a function for every placeholder, each the one of its step', () => {
    const placeholders = [...file.matchAll(/\$\{(\w+)\}/g)].map(([, name]) => name!);
    const substitutions = machine['DefinitionSubstitutions'] as Record<string, unknown>;

    expect([...new Set(placeholders)].sort()).toEqual([...steps].sort());
    expect(Object.keys(substitutions).sort()).toEqual([...steps].sort());
    for (const step of steps) {
      const id = /<(.*)\.Arn>/.exec(flat(substitutions[step]))?.[1] ?? '';
      const name = step.replace(/(?<=.)(?=[A-Z])/g, '-').toLowerCase();
      expect(template.Resources[id]?.Properties['FunctionName']).toBe(`tollbook-example-${name}`);
    }
  });

  it('passes both linters', async () => {
    expect(await lint(JSON.parse(file))).toEqual([]);
  });

  it('may start itself, as a distributed map does, and its own functions alone', () => {
    const role = template.Resources[/<(.*)\.Arn>/.exec(flat(machine['RoleArn']))?.[1] ?? '']!;
    const grant = (action: string) =>
      grantsOf(role).find(({ actions }) => actions.includes(action));

    expect(grant('lambda:InvokeFunction')?.resources).toHaveLength(steps.length);
    const self = expect.stringMatching(new RegExp(`:stateMachine:tollbook-example-${part}$`));
    const expected = file.includes('"DISTRIBUTED"') ? [self] : undefined;
    expect(grant('states:StartExecution')?.resources).toEqual(expected);
  });

  it('is started on its schedule, and a lost start is kept', () => {
    const { Target, ScheduleExpression } = theOnly(template, 'AWS::Scheduler::Schedule').Properties;
    const target = Target as Record<string, unknown>;

    expect(ScheduleExpression).toBe(schedule);
    expect(flat(target['Arn'])).toMatch(/^<WorkflowMachine/);
    expect(target['DeadLetterConfig']).toBeDefined();
  });
});

const ALL_SETTINGS = { ...FUNCTION_SETTINGS, ...PRICING_FUNCTION_SETTINGS };
const FUNCTION_STACKS = ['metering', 'pricing', 'gateway'];

const functionGrants = (unit: string) =>
  grantsByFunction(FUNCTION_STACKS.map((part) => templateOf(part, unit)));

/** Every function writes its log, and those in a VPC have interfaces. */
const BASE = ['logs:CreateLogStream', 'logs:PutLogEvents'];
const NETWORK = 'ec2:';
/** Where Lake Formation hands out the files of published tables. */
const GOVERNED = 'lakeformation:GetDataAccess';

describe('a function', () => {
  it('exists for every entry that the settings name', () => {
    expect([...functionGrants('example').keys()].sort()).toEqual(Object.keys(ALL_SETTINGS).sort());
  });

  it.each(Object.keys(ALL_SETTINGS) as AnyFunctionName[])(
    'may do what its adapters do and no more: %s',
    (name) => {
      const withheld = WITHHELD[name] ?? [];
      const used = actionsUsed(name).filter((action) => !withheld.includes(action));
      for (const unit of ['example', 'example-open']) {
        const granted = functionGrants(unit)
          .get(name)!
          .flatMap(({ actions }) => actions)
          .filter((action) => !BASE.includes(action) && !action.startsWith(NETWORK))
          .filter((action) => action !== GOVERNED);

        expect([...new Set(granted)].sort()).toEqual(used);
      }
    },
  );

  it('is told what its settings name, and nothing else', () => {
    for (const part of FUNCTION_STACKS) {
      for (const [, { Properties }] of resourcesOf(templateOf(part), 'AWS::Lambda::Function')) {
        const name = String(Properties['FunctionName']).replace('tollbook-example-', '');
        const environment = Properties['Environment'] as { Variables?: object } | undefined;
        const expected = ALL_SETTINGS[name as AnyFunctionName].map(
          (setting) => SETTINGS[setting].variable,
        );
        expect(Object.keys(environment?.Variables ?? {}).sort()).toEqual([...expected].sort());
      }
    }
  });

  it('prints usage lines where nobody else prints', () => {
    const groups = FUNCTION_STACKS.flatMap((part) =>
      resourcesOf(templateOf(part), 'AWS::Lambda::Function').map(([, { Properties }]) => ({
        name: Properties['FunctionName'],
        ...(Properties['LoggingConfig'] as { LogGroup: unknown; LogFormat: string }),
      })),
    );
    const invoke = groups.find(({ name }) => name === 'tollbook-example-invoke')!;

    expect(flat(invoke.LogGroup)).toContain('UsageLog');
    // In JSON Lambda adds fields to a line, and its MAC would be over other bytes.
    expect(invoke.LogFormat).toBe('Text');
    const others = groups.filter(({ name }) => name !== invoke.name);
    expect(others.filter(({ LogGroup }) => flat(LogGroup).includes('UsageLog'))).toEqual([]);
  });
});

describe('nobody', () => {
  const grants = everyResource
    .filter(({ Type }) => /^AWS::IAM::(Role|Policy|ManagedPolicy)$/.test(Type))
    .flatMap(grantsOf);

  it('has an action with a wildcard', () => {
    expect(grants.flatMap(({ actions }) => actions).filter((a) => a.includes('*'))).toEqual([]);
  });

  it.each([
    /^s3:(Delete|Bypass|Put(?!Object$)|Replicate)/,
    /^dynamodb:(Delete|Batch|Transact|Scan|Update(?!Item$)|Export|Partiql)/i,
    /^kms:(Schedule|Disable|Put|Create|Encrypt|Decrypt|\*)/,
    /^logs:Delete(?!LogDelivery$)/,
    /^logs:Put(?!LogEvents$|ResourcePolicy$)/,
    /^glue:(Delete(?!Partition$)|Update|Batch)/,
    /^(iam|sts|lakeformation:(?!GetDataAccess$)|organizations):?/,
    /^secretsmanager:(?!GetSecretValue$)/,
  ])('may %s', (forbidden) => {
    expect(grants.flatMap(({ actions }) => actions).filter((a) => forbidden.test(a))).toEqual([]);
  });

  it('both signs and writes data', () => {
    for (const [name, granted] of functionGrants('example')) {
      const signs = granted.some(({ actions }) => actions.includes('kms:Sign'));
      const written = granted
        .filter(({ actions }) => actions.includes('s3:PutObject'))
        .flatMap(({ resources }) => resources)
        .map((resource) => resource.replace(/^.*-(lake|work|proof|results)-.*?\/(.*)$/, '$1 $2'));
      const signed = ['lake manifests/*', 'proof *'];

      expect([name, signs]).toEqual([name, name === 'seal-window' || name === 'summarise']);
      for (const place of written) expect([name, signed.includes(place)]).toEqual([name, signs]);
    }
  });

  it('drops a partition that analysts see', () => {
    const dropping = grants.filter(({ actions }) => actions.includes('glue:DeletePartition'));

    expect(dropping).not.toEqual([]);
    const places = dropping.flatMap(({ resources }) => resources);
    expect(places.filter((place) => !/:catalog$|_candidate(\/|$)/.test(place))).toEqual([]);
  });
});

describe('the books', () => {
  const lake = templateOf('lake');

  it('outlive their stacks', () => {
    const kept = /^AWS::(S3::Bucket|DynamoDB::GlobalTable|KMS::Key|SecretsManager::Secret)$/;
    const found = everyResource.filter(({ Type }) => kept.test(Type));

    expect(found.length).toBeGreaterThan(10);
    expect(found.filter(({ DeletionPolicy }) => DeletionPolicy !== 'Retain')).toEqual([]);
    expect(resourcesOf(lake, 'AWS::Logs::LogGroup')[0]?.[1].DeletionPolicy).toBe('Retain');
  });

  it.each(['Lake', 'Checkpoints'])(
    'are locked, versioned, written once and never deleted: %s',
    (id) => {
      const [logicalId, bucket] = resourcesOf(lake, 'AWS::S3::Bucket').find(([name]) =>
        name.startsWith(id),
      )!;
      expect(bucket.Properties).toMatchObject({
        ObjectLockEnabled: true,
        ObjectLockConfiguration: { Rule: { DefaultRetention: { Mode: 'COMPLIANCE', Days: 400 } } },
        VersioningConfiguration: { Status: 'Enabled' },
      });
      const policy = resourcesOf(lake, 'AWS::S3::BucketPolicy').find(
        ([, { Properties }]) => flat(Properties['Bucket']) === `<${logicalId}>`,
      )![1];
      const denied = (
        policy.Properties['PolicyDocument'] as { Statement: Record<string, unknown>[] }
      ).Statement.filter(({ Effect }) => Effect === 'Deny');
      expect(denied).toEqual([
        expect.objectContaining({
          Action: 's3:*',
          Condition: { Bool: { 'aws:SecureTransport': 'false' } },
        }),
        expect.objectContaining({
          Sid: 'CreatedOnce',
          Action: 's3:PutObject',
          Condition: {
            Null: { 's3:if-none-match': 'true' },
            Bool: { 's3:ObjectCreationOperation': 'true' },
          },
        }),
        expect.objectContaining({
          Sid: 'NobodyDeletes',
          Action: ['s3:DeleteObject', 's3:DeleteObjectVersion', 's3:BypassGovernanceRetention'],
        }),
      ]);
    },
  );

  it('are signed with a key that AWS alone holds, on the curve that the verifier knows', () => {
    expect(theOnly(lake, 'AWS::KMS::Key').Properties).toMatchObject({
      ...{ KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' },
    });
  });

  it('leave what is passing to a rule that clears it', () => {
    const [, work] = resourcesOf(lake, 'AWS::S3::Bucket').find(([id]) => id.startsWith('Work'))!;

    expect(work.Properties['ObjectLockEnabled']).toBeUndefined();
    expect(work.Properties['LifecycleConfiguration']).toMatchObject({
      Rules: [{ ExpirationInDays: 7, Status: 'Enabled' }],
    });
  });
});

describe('the analysts', () => {
  const analytics = templateOf('analytics');
  const glue = resourcesOf(analytics, 'AWS::Glue::Table').map(([, { Properties }]) => ({
    database: Properties['DatabaseName'],
    ...(Properties['TableInput'] as {
      Name: string;
      TableType: string;
      PartitionKeys: { Name: string }[];
      StorageDescriptor: { Columns: { Name: string; Type: string }[] };
      ViewOriginalText?: string;
    }),
  }));
  const columns = (table: (typeof glue)[number]) =>
    Object.fromEntries(table.StorageDescriptor.Columns.map(({ Name, Type }) => [Name, Type]));
  const inDatabase = (name: string) =>
    glue.filter(({ database, TableType }) => database === name && TableType !== 'VIRTUAL_VIEW');

  it('have the tables of the lake, column for column', () => {
    const found = inDatabase('tollbook_example').map((table) => [table.Name, columns(table)]);

    expect(Object.fromEntries(found)).toEqual(tables.tables);
  });

  it('do not see candidates, which lie in a database of their own', () => {
    const found = inDatabase('tollbook_example_candidate').map((table) => [
      table.Name,
      columns(table),
    ]);
    const { usage, charges } = tables.tables;

    expect(Object.fromEntries(found)).toEqual({
      ...{ candidate_usage: usage, candidate_charges: charges },
    });
    const policies = resourcesOf(analytics, 'AWS::IAM::ManagedPolicy');
    expect(JSON.stringify(policies)).not.toContain('_candidate');
  });

  it('have every view, as Athena keeps one', () => {
    const views = glue.filter(({ TableType }) => TableType === 'VIRTUAL_VIEW');

    expect(Object.fromEntries(views.map((view) => [view.Name, columns(view)]))).toEqual(
      viewColumns,
    );
    for (const { Name, ViewOriginalText = '' } of views) {
      const [, base64 = ''] = /^\/\* Presto View: (\S+) \*\/$/.exec(ViewOriginalText) ?? [];
      const view = JSON.parse(Buffer.from(base64, 'base64').toString()) as Record<string, unknown>;
      const text = readFileSync(join(CHECKOUT, 'sql', 'views', `${Name}.sql`), 'utf8');
      expect(view).toMatchObject({ originalSql: text, schema: 'tollbook_example' });
    }
  });

  it('cannot ask for more than their work group allows, nor put answers elsewhere', () => {
    for (const [, { Properties }] of resourcesOf(analytics, 'AWS::Athena::WorkGroup')) {
      expect(Properties['WorkGroupConfiguration']).toMatchObject({
        EnforceWorkGroupConfiguration: true,
        BytesScannedCutoffPerQuery: expect.any(Number),
      });
    }
  });

  it('see, as a tenant, their own rows and no others', () => {
    const filters = resourcesOf(analytics, 'AWS::LakeFormation::DataCellsFilter');

    expect(filters.map(([, { Properties }]) => Properties)).toEqual(
      ['usage', 'charges'].map((table) =>
        expect.objectContaining({
          TableName: table,
          RowFilter: { FilterExpression: "tenant = 't_00000000000000000000000001'" },
        }),
      ),
    );
    const [, database] = resourcesOf(analytics, 'AWS::Glue::Database').find(([id]) =>
      id.startsWith('Published'),
    )!;
    expect(database.Properties['DatabaseInput']).toMatchObject({
      CreateTableDefaultPermissions: [],
    });
  });

  it('cannot, as a tenant, read files past the filter, nor the answers of others', () => {
    const [, reader] = resourcesOf(analytics, 'AWS::IAM::ManagedPolicy').find(([id]) =>
      id.startsWith('Policyreader'),
    )!;
    const objects = grantsOf(reader)
      .filter(({ actions }) => actions.some((action) => action.startsWith('s3:')))
      .flatMap(({ resources }) => resources.map((resource) => resource.replace(/-<.*>/, '')));

    expect(objects).toEqual([
      'arn:<AWS::Partition>:s3:::tollbook-example-results',
      'arn:<AWS::Partition>:s3:::tollbook-example-results/t_00000000000000000000000001/*',
    ]);
  });

  it('see in QuickSight money that keeps its digits', () => {
    const sets = resourcesOf(analytics, 'AWS::QuickSight::DataSet');

    expect(sets).toHaveLength(5);
    const text = JSON.stringify(sets);
    expect(text).toContain('cost * 1000000 AS cost_micro_usd');
    const decimals = [...text.matchAll(/"Name":"([a-z_]+)","SubType":"FIXED"/g)];
    expect(
      decimals.map(([, name]) => name).filter((name) => !name!.endsWith('_micro_usd')),
    ).toEqual([]);
    expect(decimals.length).toBeGreaterThan(4);
  });
});

describe('operations', () => {
  const operations = templateOf('operations');

  it('read figures that the summary has', () => {
    // A figure that the summary lacks is a type error here.
    const known: Readonly<Record<Figure, true>> = {} as Record<keyof Summary, true>;
    expect(known).toBeDefined();

    const filters = resourcesOf(operations, 'AWS::Logs::MetricFilter').map(([, { Properties }]) => [
      Properties['FilterPattern'],
      (Properties['MetricTransformations'] as { MetricValue: string }[])[0]?.MetricValue,
    ]);
    expect(filters).toEqual(
      Object.keys(FIGURES).map((figure) => ['{ $.tollbook = "summary/1" }', `$.${figure}`]),
    );
  });

  it('tell somebody of everything that can go wrong', () => {
    const alarms = resourcesOf(operations, 'AWS::CloudWatch::Alarm');

    expect(alarms.map(([id]) => id.replace(/[0-9A-F]{8}$/, '')).sort()).toEqual([
      ...['AuthorizerFailed', 'InvokeFailed', 'InvokeThrottled', 'LostStart', 'MeteringSilent'],
      ...[
        'MeteringTimedOut',
        'PricesNotRead',
        'Quarantined',
        'SuspenseAge',
        'TableThrottled',
        'Unpriced',
      ],
      'WindowNotSealed',
    ]);
    for (const [, { Properties }] of alarms) expect(Properties['AlarmActions']).toHaveLength(1);
  });

  it('tell of a price book that is held, whose execution fails', () => {
    const [, held] = resourcesOf(operations, 'AWS::CloudWatch::Alarm').find(([id]) =>
      id.startsWith('PricesNotRead'),
    )!;
    const { Dimensions, ...alarm } = held.Properties;
    const [{ Value }] = Dimensions as [{ Value: unknown }];
    const machines = resourcesOf(templateOf('pricing'), 'AWS::StepFunctions::StateMachine');

    expect(alarm).toMatchObject({
      ...{ Namespace: 'AWS/States', MetricName: 'ExecutionsFailed', Threshold: 0 },
      ComparisonOperator: 'GreaterThanThreshold',
      AlarmDescription: expect.stringContaining('book is held'),
    });
    expect(machines).toHaveLength(1);
    expect(JSON.stringify(Value)).toContain(machines[0]![0]);
  });
});

it('the cost model counts what is deployed', () => {
  const monthly = costPerMonth({ network: true, firewall: true });
  const quantity = (what: string) => monthly.find((line) => line.what.startsWith(what))?.quantity;
  const network = resourcesOf(templateOf('network'), 'AWS::EC2::VPCEndpoint');
  const interfaces = network.filter(([, { Properties }]) => Properties['SubnetIds'] !== undefined);
  const zones = (interfaces[0]![1].Properties['SubnetIds'] as unknown[]).length;
  const { Rules } = theOnly(templateOf('gateway'), 'AWS::WAFv2::WebACL').Properties;

  expect(quantity('Network')).toBe(730 * interfaces.length * zones);
  expect(quantity('Firewall')).toBe(5 + (Rules as unknown[]).length);
  const operations = templateOf('operations');
  expect(quantity('Alarms')).toBe(resourcesOf(operations, 'AWS::CloudWatch::Alarm').length);
  expect(quantity('Figures')).toBe(resourcesOf(operations, 'AWS::Logs::MetricFilter').length);
  const { UserPoolTier } = theOnly(
    templateOf('tenancy', 'example-open'),
    'AWS::Cognito::UserPool',
  ).Properties;
  expect(UserPoolTier).toBe('ESSENTIALS');
  const memory = resourcesOf(templateOf('gateway'), 'AWS::Lambda::Function').map(
    ([, { Properties }]) => Properties['MemorySize'],
  );
  expect(new Set(memory)).toEqual(new Set([512]));
  expect(quantity('Pepper')).toBe(
    resourcesOf(templateOf('tenancy'), 'AWS::SecretsManager::Secret').length,
  );
});

it('the outputs name what a tenant, an analyst, an auditor and an admin need', () => {
  const names = [...templates]
    .filter(
      ([stack]) => stack.startsWith('tollbook-example-') && !/-(open|team|guest)-/.test(stack),
    )
    .flatMap(([, { Outputs = {} }]) => Object.keys(Outputs))
    .filter((name) => /^(Tenant|Analyst|Auditor|Admin)/.test(name));

  expect(names.sort()).toEqual([
    ...['AdminDashboard', 'AdminNotices', 'AdminPepper', 'AdminPricing'],
    ...['AdminStateMachine', 'AdminTable'],
    'AdminUsageLog',
    ...['AnalystDatabase', 'AnalystPolicy', 'AnalystWorkGroup'],
    ...['AuditorCheckpoints', 'AuditorLake', 'AuditorLedger', 'AuditorPolicy', 'AuditorSigningKey'],
    'TenantBaseUrl',
  ]);
});
