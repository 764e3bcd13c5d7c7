import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { App, Stack } from 'aws-cdk-lib';
import { Template } from 'aws-cdk-lib/assertions';
import { openLake } from '../../runtime/local/lake/lake-reader.ts';
import type { DuckDbEngine } from '../../runtime/local/lake/duckdb-engine.ts';
import { createView, readViews } from '../../stacks/lake-tables.ts';
import type { ViewText } from '../../stacks/lake-tables.ts';
import { anyOrder, duckDbAnswer, inSharedWords } from './answers.ts';
import { theMetastore, theTrino } from './environment.ts';
import { openMeteredLake } from './metered-lake.ts';

/** What is decoded from the text of a view in the catalogue. */
interface KeptView {
  readonly originalSql: string;
  readonly catalog: string;
  readonly schema: string;
  readonly columns: readonly { readonly name: string; readonly type: string }[];
}

/** What stacks deploy for a view, as Glue gets it. */
interface GlueView {
  readonly TableType: string;
  readonly Parameters: Readonly<Record<string, string>>;
  readonly ViewOriginalText: string;
  readonly ViewExpandedText: string;
}

let lake: Awaited<ReturnType<typeof openMeteredLake>>;
let duckDb: DuckDbEngine;
beforeAll(async () => {
  lake = await openMeteredLake();
  await lake.athena.register();
  duckDb = await openLake(lake.deployment.folder.lake);
}, 600_000);
afterAll(async () => {
  duckDb.close();
  await lake.close();
});

const views = readViews();

function deployed(view: ViewText): GlueView {
  const stack = new Stack(new App(), 'Views');
  createView(stack, lake.athena.database, view);
  const [table] = Object.values(Template.fromStack(stack).findResources('AWS::Glue::Table'));
  return (table as { Properties: { TableInput: GlueView } }).Properties.TableInput;
}

/** Where the metastore of files keeps a table: the fields that Glue has too, under the same names. */
function metastoreFile(name: string): string {
  return join(theMetastore(), lake.athena.database, name, '.trinoSchema');
}

interface MetastoreTable {
  readonly tableType: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly viewOriginalText: string;
  readonly viewExpandedText: string;
}

const readTable = (name: string) =>
  JSON.parse(readFileSync(metastoreFile(name), 'utf8')) as MetastoreTable;

function decoded(text: string): KeptView {
  const [, base64 = ''] = /^\/\* Presto View: (.*) \*\/$/.exec(text) ?? [];
  return JSON.parse(Buffer.from(base64, 'base64').toString()) as KeptView;
}

it.each(views)('$name is created by CREATE VIEW, and answers as DuckDB does', async (view) => {
  const { database } = lake.athena;

  await theTrino().ask(`CREATE OR REPLACE VIEW ${view.name} AS ${view.text}`, database);

  const sql = `SELECT * FROM ${view.name}`;
  const trino = inSharedWords(await theTrino().ask(sql, database));
  expect(anyOrder(trino)).toEqual(anyOrder(await duckDbAnswer(duckDb, sql)));
});

it.each(views)('$name is deployed in the form that the engine itself writes', async (view) => {
  const { database } = lake.athena;
  await theTrino().ask(`CREATE OR REPLACE VIEW ${view.name} AS ${view.text}`, database);
  const own = readTable(view.name);
  const ours = deployed(view);

  expect({
    ...{ tableType: ours.TableType, viewExpandedText: ours.ViewExpandedText },
    parameters: ours.Parameters,
  }).toMatchObject({
    ...{ tableType: own.tableType, viewExpandedText: own.viewExpandedText },
    parameters: { presto_view: 'true', comment: own.parameters['comment'] },
  });
  const [kept, engine] = [decoded(ours.ViewOriginalText), decoded(own.viewOriginalText)];
  expect({ ...kept, originalSql: '', columns: withoutLengths(kept) }).toEqual({
    ...{ originalSql: '', catalog: engine.catalog, schema: engine.schema },
    columns: withoutLengths(engine),
  });
});

/** A literal's text has a length in the engine's own types, which a view may widen; names have no case. */
function withoutLengths({ columns }: KeptView) {
  return columns.map(({ name, type }) => ({
    ...{ name: name.toLowerCase(), type: type.replace(/^varchar\(\d+\)$/, 'varchar') },
  }));
}

it.each(views)(
  '$name answers from what is deployed, put into the catalogue as it is',
  async (view) => {
    const { database } = lake.athena;
    const name = `deployed_${view.name}`;
    await theTrino().ask(`CREATE OR REPLACE VIEW ${name} AS SELECT 1 AS placeholder`, database);
    const table = { ...readTable(name), viewOriginalText: deployed(view).ViewOriginalText };
    writeFileSync(metastoreFile(name), JSON.stringify(table));
    // Its checksum is that of the placeholder.
    rmSync(join(metastoreFile(name), '..', '..trinoSchema.crc'));

    const trino = inSharedWords(await theTrino().ask(`SELECT * FROM ${name}`, database));

    const local = await duckDbAnswer(duckDb, `SELECT * FROM ${view.name}`);
    expect(anyOrder(trino)).toEqual(anyOrder(local));
  },
);
