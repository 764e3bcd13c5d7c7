import { randomBytes } from 'node:crypto';
import { GetQueryResultsCommand, StartQueryCommand } from '@aws-sdk/client-cloudwatch-logs';
import type {
  CloudWatchLogsClient,
  GetQueryResultsCommandInput,
  GetQueryResultsCommandOutput,
} from '@aws-sdk/client-cloudwatch-logs';
import { LogQueryFailed, LogQueryThrottled } from '../../../handlers/ports.ts';
import type { LogQuery, LogQuestion, QueryState, QueryStatus } from '../../../handlers/ports.ts';
import { INSIGHTS_ROW_LIMIT } from './insights-limits.ts';
import { countsOf, logRowOf, rowOf } from './insights-rows.ts';
import type { InsightsRow } from './insights-rows.ts';
import { insightsStatement } from './insights-statements.ts';

export interface InsightsQueryOptions {
  readonly client: CloudWatchLogsClient;
  readonly logGroup: string;
  /** Most rows of one answer; 100,000 is the most that Logs Insights gives. */
  readonly rowLimit?: number;
}

/** Most rows of one page. */
const PAGE_ROWS = 10_000;

/** Rows of counts that one answer holds without a `limit`. */
const COUNTS_MAX = 10_000;

/** A letter and eight hex digits: see `insightsStatement`. */
const PREFIX_LENGTH = 9;

/** Logs Insights itself: one question is one query of one log group. */
export function createInsightsQuery(options: InsightsQueryOptions): LogQuery {
  const { client, logGroup, rowLimit = INSIGHTS_ROW_LIMIT } = options;

  return {
    rowLimit,

    start: (question) =>
      asked('start', async () => {
        const { queryId } = await client.send(startCommand(logGroup, question));
        if (queryId === undefined) throw new LogQueryFailed('log query: got no id, expected one');
        return queryId;
      }),

    async poll(queryId): Promise<QueryState> {
      const answer = await resultsOf(client, { queryId, maxItems: 1 });
      const status = statusOf(answer);
      const { recordsMatched = 0, recordsScanned = 0, bytesScanned = 0 } = answer.statistics ?? {};
      const statistics = { matched: recordsMatched, scanned: recordsScanned, bytes: bytesScanned };
      const [first] = rowsOf(answer);
      // Whoever polls need not be who started the query: its rows say what was asked.
      if (status !== 'Complete' || first === undefined || first.has('@message')) {
        return { status, counts: [], foreign: 0, statistics };
      }
      const { counts, foreign } = countsOf(await countRows(client, queryId), PREFIX_LENGTH);
      // What matched a question of counts is what it counted: foreign lines are beside it.
      const matched = counts.reduce((sum, { lines }) => sum + lines, 0);
      return { status, counts, foreign, statistics: { ...statistics, matched } };
    },

    async page(queryId, pageToken) {
      const answer = await resultsOf(client, {
        ...{ queryId, maxItems: PAGE_ROWS },
        ...(pageToken !== null && { nextToken: pageToken }),
      });
      const status = statusOf(answer);
      if (status !== 'Complete') {
        throw new LogQueryFailed(`log query ${queryId}: got ${status}, expected Complete`);
      }
      return { rows: rowsOf(answer).map(logRowOf), nextToken: answer.nextToken ?? null };
    },
  };
}

function startCommand(logGroup: string, question: LogQuestion): StartQueryCommand {
  const prefix = `t${randomBytes(4).toString('hex')}`;
  return new StartQueryCommand({
    logGroupName: logGroup,
    queryLanguage: 'CWLI',
    startTime: question.fromS,
    // A second more than is meant: the statement itself says where the range ends.
    endTime: question.toS + 1,
    queryString: insightsStatement(question, prefix),
    ...(question.kind === 'lines' && { limit: question.limit }),
  });
}

function resultsOf(
  client: CloudWatchLogsClient,
  request: GetQueryResultsCommandInput & { readonly queryId: string },
): Promise<GetQueryResultsCommandOutput> {
  return asked(request.queryId, () => client.send(new GetQueryResultsCommand(request)));
}

/** Every row of counts. */
async function countRows(client: CloudWatchLogsClient, queryId: string): Promise<InsightsRow[]> {
  const rows: InsightsRow[] = [];
  let nextToken: string | undefined;
  do {
    const answer: GetQueryResultsCommandOutput = await resultsOf(client, {
      ...{ queryId, maxItems: PAGE_ROWS },
      ...(nextToken !== undefined && { nextToken }),
    });
    rows.push(...rowsOf(answer));
    ({ nextToken } = answer);
  } while (nextToken !== undefined);
  if (rows.length < COUNTS_MAX) return rows;
  throw new LogQueryFailed(
    `log query ${queryId}: got ${rows.length} counts, expected under ${COUNTS_MAX}: there may be more`,
  );
}

function rowsOf({ results = [] }: GetQueryResultsCommandOutput): InsightsRow[] {
  return results.map(rowOf);
}

const STATUSES: ReadonlySet<string> = new Set<QueryStatus>([
  ...(['Scheduled', 'Running', 'Complete', 'Failed', 'Cancelled', 'Timeout'] as const),
]);

function statusOf({ status }: GetQueryResultsCommandOutput): QueryStatus {
  return status !== undefined && STATUSES.has(status) ? status : 'Unknown';
}

/** Too much at once, or too often: wait and ask again. */
const THROTTLES: ReadonlySet<string> = new Set([
  ...['LimitExceededException', 'ThrottlingException', 'ServiceUnavailableException'],
  'TooManyRequestsException',
]);

/** The question itself cannot be answered, now or later. */
const REFUSALS: ReadonlySet<string> = new Set([
  ...['InvalidParameterException', 'MalformedQueryException', 'ResourceNotFoundException'],
]);

async function asked<T>(queryId: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { name, message } = error as Error;
    const said = `log query ${queryId}: ${name}: ${message}`;
    if (THROTTLES.has(name)) throw new LogQueryThrottled(said, { cause: error });
    if (REFUSALS.has(name)) throw new LogQueryFailed(said, { cause: error });
    throw error;
  }
}
