import { GetQueryResultsCommand } from '@aws-sdk/client-athena';
import type { AthenaClient, GetQueryResultsCommandOutput, Row } from '@aws-sdk/client-athena';
import type { SqlRow } from '../../../handlers/ports.ts';
import { withPatience } from '../patience.ts';

/** Most rows of one page. docs.aws.amazon.com/athena/latest/APIReference/API_GetQueryResults.html, read 2026-11-21. */
const PAGE_ROWS = 1_000;

/** An answer of Athena that is not in the one form we know: nothing of it is used. */
export class AnswerNotUnderstood extends Error {
  override readonly name = 'AnswerNotUnderstood';
}

/**
 * Reads every page of a statement's rows. Athena gives each value as text, leaves the text out where SQL
 * says NULL, and puts the names of the columns into the first row.
 *
 * @throws AnswerNotUnderstood if the first row is not those names, or a row has another width.
 */
export async function readAthenaRows(
  client: AthenaClient,
  queryExecutionId: string,
  patience: Parameters<typeof withPatience>[0],
): Promise<readonly SqlRow[]> {
  const rows: Row[] = [];
  let names: readonly string[] | undefined;
  let token: string | undefined;
  do {
    const page: GetQueryResultsCommandOutput = await withPatience(patience, () =>
      client.send(
        new GetQueryResultsCommand({
          ...{ QueryExecutionId: queryExecutionId, MaxResults: PAGE_ROWS },
          ...(token !== undefined && { NextToken: token }),
        }),
      ),
    );
    names ??= page.ResultSet?.ResultSetMetadata?.ColumnInfo?.map(({ Name = '' }) => Name);
    for (const row of page.ResultSet?.Rows ?? []) rows.push(row);
    token = page.NextToken;
  } while (token !== undefined);
  if (names === undefined)
    throw new AnswerNotUnderstood(`${queryExecutionId}: got no column names`);
  const [header, ...values] = rows.map(({ Data = [] }) =>
    Data.map(({ VarCharValue }) => VarCharValue ?? null),
  );
  if (JSON.stringify(header) !== JSON.stringify(names)) {
    const got = JSON.stringify(header ?? null);
    throw new AnswerNotUnderstood(
      `${queryExecutionId}: got the first row ${got}, expected the column names ${names.join(', ')}`,
    );
  }
  return values.map((row) => sqlRowOf(queryExecutionId, names, row));
}

function sqlRowOf(
  queryExecutionId: string,
  names: readonly string[],
  values: readonly (string | null)[],
): SqlRow {
  if (values.length !== names.length) {
    throw new AnswerNotUnderstood(
      `${queryExecutionId}: got a row of ${values.length} values, expected ${names.length}`,
    );
  }
  return Object.fromEntries(names.map((name, column) => [name, values[column] ?? null]));
}
