import { createHash } from 'node:crypto';
import {
  GetQueryExecutionCommand,
  StartQueryExecutionCommand,
  StopQueryExecutionCommand,
} from '@aws-sdk/client-athena';
import type { AthenaClient, QueryExecution } from '@aws-sdk/client-athena';
import { MINUTE_MS } from '../../../domain/instant.ts';
import type { Clock, QueryEngine } from '../../../handlers/ports.ts';
import { systemClock } from '../../node/system.ts';
import { bindValues } from '../../node/statement-values.ts';
import { readAthenaRows } from './athena-rows.ts';
import { withPatience } from '../patience.ts';

/** What a statement cost. */
export interface AthenaScan {
  readonly queryExecutionId: string;
  readonly scannedBytes: number;
  readonly engineMs: number;
}

export interface AthenaEngineOptions {
  readonly client: AthenaClient;
  /** Says where results go, and what a statement may scan. */
  readonly workGroup: string;
  /** Where names without a database are looked up. */
  readonly database: string;
  /** Where the tables `candidate_…` are; only the auditor's engine has it. */
  readonly candidateDatabase?: string;
  readonly clock?: Clock;
  /** A statement that runs longer is stopped. */
  readonly patienceMs?: number;
  /** Told of every statement that succeeded. */
  readonly onScan?: (scan: AthenaScan) => void;
}

/** Athena refused a statement, or gave up on it. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
}

const PATIENCE_MS = 10 * MINUTE_MS;
const [FIRST_POLL_MS, LAST_POLL_MS] = [100, 2_000];
const RETRIES = { firstMs: 200, attempts: 6 };

/** Athena's limit: 262,144 bytes of query text. docs.aws.amazon.com/athena/latest/ug/service-limits.html, read 2026-11-21. */
const TEXT_BYTES_MAX = 262_144;

/** SQL over the lake by Athena; tables are those that Glue registers. */
export function createAthenaEngine(options: AthenaEngineOptions): QueryEngine {
  const { client, workGroup, database, clock = systemClock } = options;
  const patience = { clock, ...RETRIES };
  let asked = 0;

  async function start(text: string): Promise<string> {
    // Stable while one question is being started, so that a start whose answer was lost starts nothing
    // twice; new for the next one, whose answer may be another though its text is the same.
    const question = JSON.stringify([workGroup, database, text, clock.now(), (asked += 1)]);
    const command = new StartQueryExecutionCommand({
      QueryString: text,
      WorkGroup: workGroup,
      QueryExecutionContext: { Catalog: 'AwsDataCatalog', Database: database },
      ClientRequestToken: createHash('sha256').update(question).digest('hex'),
      ResultReuseConfiguration: { ResultReuseByAgeConfiguration: { Enabled: false } },
    });
    const { QueryExecutionId } = await withPatience(patience, () => client.send(command));
    if (QueryExecutionId === undefined) {
      throw new StatementFailed('statement: got no QueryExecutionId, expected one');
    }
    return QueryExecutionId;
  }

  async function untilSucceeded(id: string): Promise<QueryExecution> {
    const giveUpMs = clock.now() + (options.patienceMs ?? PATIENCE_MS);
    for (let waitMs = FIRST_POLL_MS; ; waitMs = Math.min(LAST_POLL_MS, waitMs * 2)) {
      const { QueryExecution: execution } = await withPatience(patience, () =>
        client.send(new GetQueryExecutionCommand({ QueryExecutionId: id })),
      );
      if (execution?.Status?.State === 'SUCCEEDED') return execution;
      const failure = failureOf(id, execution);
      if (failure) throw failure;
      if (clock.now() >= giveUpMs) {
        await client.send(new StopQueryExecutionCommand({ QueryExecutionId: id }));
        throw new StatementFailed(`statement ${id}: still running, stopped`);
      }
      await clock.sleep(waitMs);
    }
  }

  return {
    async rows(sql, values) {
      const text = textOf(options, sql, values);
      const id = await start(text);
      const { Statistics: scan } = await untilSucceeded(id);
      options.onScan?.({
        queryExecutionId: id,
        scannedBytes: scan?.DataScannedInBytes ?? 0,
        engineMs: scan?.EngineExecutionTimeInMillis ?? 0,
      });
      return readAthenaRows(client, id, patience);
    },
  };
}

const CANDIDATE = /'(?:[^']|'')*'|"(?:[^"]|"")*"|--.*$|\/\*[^]*?\*\/|\b(candidate_[a-z]+)\b/gm;

/** The statement as Athena gets it: values quoted in, candidates looked up in their own database. */
function textOf(
  { candidateDatabase }: AthenaEngineOptions,
  sql: string,
  values: Readonly<Record<string, string>>,
): string {
  const placed = candidateDatabase
    ? sql.replace(CANDIDATE, (token, table: string | undefined) =>
        table === undefined ? token : `"${candidateDatabase}"."${table}"`,
      )
    : sql;
  const text = bindValues(placed, values);
  const bytes = Buffer.byteLength(text);
  if (bytes <= TEXT_BYTES_MAX) return text;
  throw new StatementFailed(`statement: got ${bytes} bytes, expected at most ${TEXT_BYTES_MAX}`);
}

function failureOf(id: string, execution: QueryExecution | undefined): StatementFailed | null {
  const { State, StateChangeReason } = execution?.Status ?? {};
  if (State === 'QUEUED' || State === 'RUNNING') return null;
  const reason = StateChangeReason ?? 'no reason given';
  return new StatementFailed(`statement ${id}: ${State ?? 'no state'}: ${reason}`);
}
