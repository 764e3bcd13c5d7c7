import { AwsFault, startAwsJsonServer } from './aws-json-server.ts';
import type { AwsJsonServer } from './aws-json-server.ts';
import { openAthenaDuckDb } from './athena-duckdb.ts';
import type { AthenaAnswer, AthenaEvaluator } from './athena-duckdb.ts';
import type { RegisteredTables } from './athena-tables.ts';

/** Where Athena hurts, small and mean. */
export interface AthenaSettings {
  readonly workGroup: string;
  /** How often a statement is `QUEUED`, and then `RUNNING`, before it is done. */
  readonly queuedPolls: number;
  readonly runningPolls: number;
  /** Most rows of one page, the header among them. */
  readonly pageRows: number;
  /** Is this call one too many? Counted from 0, of every operation. */
  readonly tooOften: (call: number) => boolean;
  /** Loses the answer to this start: the statement runs, nobody is told. */
  readonly loseStart: (start: number) => boolean;
  /** Ends every statement so. */
  readonly fate: 'SUCCEEDED' | 'FAILED' | 'CANCELLED';
  readonly header: boolean;
}

const SETTINGS: AthenaSettings = {
  ...{ workGroup: 'tollbook', queuedPolls: 0, runningPolls: 0, pageRows: 1000 },
  ...{ tooOften: () => false, loseStart: () => false, fate: 'SUCCEEDED', header: true },
};

export interface AthenaServer extends AwsJsonServer {
  /** The settings from now on; calls are counted afresh. */
  set(settings: Partial<AthenaSettings>): void;
  /** Statements that were run, and those that were stopped. */
  readonly ran: readonly string[];
  readonly stopped: readonly string[];
}

interface Execution {
  readonly text: string;
  readonly answer: Promise<AthenaAnswer | Error>;
  polls: number;
}

type Input = Readonly<Record<string, unknown>>;

/** Athena over registered tables, spoken to as the real one is; DuckDB evaluates the statements. */
export async function startAthenaServer(
  tables: RegisteredTables,
  fixed: Partial<AthenaSettings> = {},
): Promise<AthenaServer> {
  return serveAthena(await openAthenaDuckDb(tables), fixed);
}

/** Athena's protocol in front of any evaluator, which is closed with the server. */
export async function serveAthena(
  evaluator: AthenaEvaluator,
  fixed: Partial<AthenaSettings> = {},
): Promise<AthenaServer> {
  let settings = { ...SETTINGS, ...fixed };
  const executions = new Map<string, Execution>();
  const tokens = new Map<string, { readonly id: string; readonly text: string }>();
  const [ran, stopped]: [string[], string[]] = [[], []];
  let [calls, starts] = [0, 0];

  function start(input: Input) {
    const { QueryString, WorkGroup, ClientRequestToken, QueryExecutionContext } = input;
    const [text, token] = [String(QueryString), String(ClientRequestToken)];
    if (WorkGroup !== settings.workGroup)
      throw invalid(`WorkGroup ${String(WorkGroup)} is not found`);
    if (token.length < 32 || token.length > 128) throw invalid('ClientRequestToken: 32 to 128');
    const known = tokens.get(token);
    if (known && known.text !== text) throw invalid('Idempotent parameters do not match');
    const id = known?.id ?? `execution-${executions.size}`;
    if (!known) {
      tokens.set(token, { id, text });
      const { Database } = QueryExecutionContext as { Database: string };
      const answer = evaluator.run(text, Database).catch((error: unknown) => error as Error);
      executions.set(id, { text, answer, polls: 0 });
      ran.push(text);
    }
    if (settings.loseStart(starts++)) throw new AwsFault('InternalServerException', 'lost', 500);
    return { QueryExecutionId: id };
  }

  function find(input: Input): Execution {
    const execution = executions.get(String(input['QueryExecutionId']));
    if (!execution)
      throw invalid(`QueryExecution ${String(input['QueryExecutionId'])} was not found`);
    return execution;
  }

  async function stateOf(execution: Execution) {
    const { queuedPolls, runningPolls, fate } = settings;
    if (execution.polls <= queuedPolls) return { State: 'QUEUED' };
    if (execution.polls <= queuedPolls + runningPolls) return { State: 'RUNNING' };
    const answer = await execution.answer;
    if (!('names' in answer)) return { State: 'FAILED', StateChangeReason: answer.message };
    return fate === 'SUCCEEDED' ? { State: fate } : { State: fate, StateChangeReason: 'by fate' };
  }

  async function results(input: Input) {
    const execution = find(input);
    const { State } = await stateOf(execution);
    if (State !== 'SUCCEEDED') throw invalid(`Query has not yet finished. Current state: ${State}`);
    const { names, rows } = (await execution.answer) as AthenaAnswer;
    const all = settings.header ? [names, ...rows] : rows;
    const from = Number(input['NextToken'] ?? 0);
    const to = from + Math.min(settings.pageRows, Number(input['MaxResults'] ?? 1000));
    return {
      ResultSet: {
        ResultSetMetadata: { ColumnInfo: names.map((Name) => ({ Name, Type: 'varchar' })) },
        Rows: all.slice(from, to).map((row) => ({ Data: row.map(datum) })),
      },
      ...(to < all.length && { NextToken: String(to) }),
    };
  }

  const inTime = (operation: (input: Input) => unknown) => (input: Input) => {
    if (settings.tooOften(calls++)) throw new AwsFault('TooManyRequestsException', 'Rate exceeded');
    return operation(input);
  };
  const server = await startAwsJsonServer({
    StartQueryExecution: inTime(start),
    GetQueryExecution: inTime(async (input) => {
      const execution = find(input);
      execution.polls += 1;
      const Statistics = { DataScannedInBytes: 4321, EngineExecutionTimeInMillis: 12 };
      return { QueryExecution: { Status: await stateOf(execution), Statistics } };
    }),
    GetQueryResults: inTime(results),
    StopQueryExecution: (input) => {
      stopped.push(find(input).text);
      return {};
    },
  });
  return {
    ...server,
    ...{ ran, stopped },
    set: (differs) => {
      settings = { ...SETTINGS, ...fixed, ...differs };
      [calls, starts] = [0, 0];
    },
    close: async () => {
      await server.close();
      await Promise.allSettled([...executions.values()].map(({ answer }) => answer));
      evaluator.close();
    },
  };
}

function datum(value: string | null): { VarCharValue?: string } {
  return value === null ? {} : { VarCharValue: value };
}

function invalid(message: string): AwsFault {
  return new AwsFault('InvalidRequestException', message);
}
