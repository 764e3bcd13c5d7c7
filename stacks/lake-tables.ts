import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Aws } from 'aws-cdk-lib';
import { CfnDatabase, CfnTable } from 'aws-cdk-lib/aws-glue';
import type { Construct } from 'constructs';
import { CHECKOUT } from './checkout.ts';
import tables from '../sql/tables.json' with { type: 'json' };
import viewColumns from '../sql/views.json' with { type: 'json' };

/** Name → Hive type. */
type Columns = Readonly<Record<string, string>>;

const TABLES: Readonly<Record<string, Columns>> = tables.tables;
const VIEWS: Readonly<Record<string, Columns>> = viewColumns;

/** Tables that the audit sees before anybody else does. */
const CANDIDATES = ['usage', 'charges'];
const PRICES = 'prices';

const PARQUET = {
  inputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat',
  outputFormat: 'org.apache.hadoop.hive.ql.io.parquet.MapredParquetOutputFormat',
  serdeInfo: {
    serializationLibrary: 'org.apache.hadoop.hive.ql.io.parquet.serde.ParquetHiveSerDe',
  },
};

interface DatabaseProps {
  readonly name: string;
  readonly lakeBucket: string;
  readonly description: string;
  /** Do Lake Formation's grants alone decide who reads, rather than IAM? */
  readonly governed: boolean;
}

/**
 * A database of the catalogue. Governed ones start without the grant to everybody whom IAM lets in,
 * so that a row filter cannot be walked around.
 */
export function createDatabase(scope: Construct, id: string, props: DatabaseProps): CfnDatabase {
  return new CfnDatabase(scope, id, {
    catalogId: Aws.ACCOUNT_ID,
    databaseInput: {
      name: props.name,
      description: props.description,
      locationUri: `s3://${props.lakeBucket}/data/`,
      ...(props.governed && { createTableDefaultPermissions: [] }),
    },
  });
}

/** What analysts see: sealed partitions, registered one by one; nothing is projected or crawled. */
export function createPublishedTables(
  scope: Construct,
  database: CfnDatabase,
  props: DatabaseProps,
): CfnTable[] {
  return Object.keys(TABLES).map((table) => {
    const created = createTable(scope, props, { name: table, table });
    created.addResourceDependency(database);
    return created;
  });
}

/** What the audit sees besides: runs that are not sealed yet. */
export function createCandidateTables(
  scope: Construct,
  database: CfnDatabase,
  props: DatabaseProps,
): void {
  for (const table of CANDIDATES) {
    createTable(scope, props, { name: `candidate_${table}`, table }).addResourceDependency(
      database,
    );
  }
}

interface TableName {
  /** As the catalogue has it. */
  readonly name: string;
  /** As `sql/tables.json` has it. */
  readonly table: string;
}

function createTable(scope: Construct, props: DatabaseProps, { name, table }: TableName): CfnTable {
  const bucket = `s3://${props.lakeBucket}`;
  // Prices are no run's: every book is a file of one folder, and a row says which book it is of.
  const partitioned = table !== PRICES;
  return new CfnTable(scope, `Table-${props.name}-${name}`, {
    catalogId: Aws.ACCOUNT_ID,
    databaseName: props.name,
    tableInput: {
      name,
      tableType: 'EXTERNAL_TABLE',
      parameters: { classification: 'parquet', EXTERNAL: 'TRUE' },
      partitionKeys: partitioned
        ? tables.partitions.map((key) => ({ name: key, type: 'string' }))
        : [],
      storageDescriptor: {
        ...PARQUET,
        columns: columnsOf(TABLES[table] ?? {}),
        location: partitioned ? `${bucket}/data/${table}/` : `${bucket}/prices/tables/`,
      },
    },
  });
}

/** A statement of `sql/views/`. */
export interface ViewText {
  readonly name: string;
  readonly text: string;
  /** The comment that it begins with. */
  readonly description: string;
}

/** Every view, by name. */
export function readViews(): readonly ViewText[] {
  const folder = join(CHECKOUT, 'sql', 'views');
  const files = readdirSync(folder).filter((file) => file.endsWith('.sql'));
  return files.sort().map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    const comment = /^(?:--.*\n)+/.exec(text)?.[0] ?? '';
    const description = comment.replaceAll(/^-- */gm, '').replaceAll('\n', ' ').trim();
    return { name: file.slice(0, -'.sql'.length), text, description };
  });
}

/** What Athena calls a Hive type. */
function athenaType(hive: string): string {
  if (hive === 'string') return 'varchar';
  return hive === 'timestamp' ? 'timestamp(3)' : hive;
}

/** A view as Athena itself keeps one: its statement and columns, encoded in the table's text. */
export function createView(scope: Construct, database: string, view: ViewText): CfnTable {
  const columns = VIEWS[view.name] ?? {};
  const encoded = {
    originalSql: view.text,
    catalog: 'awsdatacatalog',
    schema: database,
    columns: Object.entries(columns).map(([name, type]) => ({ name, type: athenaType(type) })),
  };
  const base64 = Buffer.from(JSON.stringify(encoded)).toString('base64');
  return new CfnTable(scope, `View-${view.name}`, {
    catalogId: Aws.ACCOUNT_ID,
    databaseName: database,
    tableInput: {
      name: view.name,
      description: view.description,
      tableType: 'VIRTUAL_VIEW',
      parameters: { presto_view: 'true', comment: 'Presto View' },
      storageDescriptor: { columns: columnsOf(columns), serdeInfo: {}, location: '' },
      viewOriginalText: `/* Presto View: ${base64} */`,
      viewExpandedText: '/* Presto View */',
      partitionKeys: [],
    },
  });
}

function columnsOf(columns: Columns): { name: string; type: string }[] {
  return Object.entries(columns).map(([name, type]) => ({ name, type }));
}
