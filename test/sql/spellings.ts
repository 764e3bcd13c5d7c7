import {
  ArithmeticBinaryContext,
  AtTimeZoneContext,
  BetweenContext,
  CastContext,
  CoalesceContext,
  ComparisonContext,
  ConcatenationContext,
  CurrentDateContext,
  CurrentTimeContext,
  CurrentTimestampContext,
  FunctionCallContext,
  InListContext,
  IntervalContext,
  JoinCriteriaContext,
  LocalTimeContext,
  LocalTimestampContext,
  PredicatedContext,
  QueryNoWithContext,
  SubscriptContext,
  TypeConstructorContext,
  TypeContext,
} from 'dt-sql-parser/dist/lib/trino/TrinoSqlParser.js';
import tables from '../../sql/tables.json' with { type: 'json' };
import { misnamedColumns } from './select-names.ts';
import { allNodes, columnOf, core, parseTrino, syntaxErrors } from './trino-tree.ts';
import type { TreeNode } from './trino-tree.ts';

/** A way to write something that Trino and DuckDB read differently, or that only one of them takes. */
export interface Spelling {
  readonly name: string;
  /** Statements after `WITH_SAMPLE` that hold it; the engines do not agree on any of them. */
  readonly examples: readonly string[];
  readonly isIn: (node: TreeNode) => boolean;
}

/** Goes before an example: a table of two rows, under names and types of the lake. */
export const WITH_SAMPLE = `WITH sample (tenant, input, admitted_at, cost, hour) AS (VALUES
  (CAST('tn_a' AS VARCHAR), CAST(7 AS BIGINT), CAST('2026-02-01 07:08:09' AS TIMESTAMP),
    CAST('1.234567890123' AS DECIMAL(18, 12)), CAST('07' AS VARCHAR)),
  (NULL, CAST(2 AS BIGINT), CAST('2026-02-02 00:00:00' AS TIMESTAMP), NULL, CAST('08' AS VARCHAR)))`;

const of = (expression: string) => `SELECT ${expression} AS v FROM sample`;
const where = (condition: string) => `SELECT input FROM sample WHERE ${condition}`;

/** Functions that both know and mean alike, each with the use that shows it. Others are forbidden. */
export const SHARED_FUNCTIONS: Readonly<Record<string, string>> = {
  coalesce: of('coalesce(cost, CAST(0 AS DECIMAL(18, 12)))'),
  count: of('count(*)'),
  date_trunc: of(`date_trunc('day', admitted_at)`),
  max: of('max(admitted_at)'),
  min: of('min(tenant)'),
  replace: of(`replace(hour, '0', '')`),
  split: "SELECT t.part AS v FROM sample CROSS JOIN UNNEST(split(tenant, '_')) AS t (part)",
  split_part: of(`split_part(tenant, '_', 2)`),
  sum: of('sum(cost)'),
};

/** Types that both know and mean alike. A text's length is kept by one of them only. */
const SHARED_TYPE = /^(bigint|boolean|date|decimal\(\d+,\d+\)|double|timestamp|varchar)$/;

const DAY = String.raw`\d{4}-\d{2}-\d{2}`;
const PLAIN_DATE = new RegExp(`^'${DAY}'$`);
const PLAIN_TIMESTAMP = new RegExp(String.raw`^'${DAY} \d{2}:\d{2}:\d{2}(\.\d{3})?'$`);

const COLUMNS = Object.entries(Object.assign({}, ...Object.values(tables.tables)) as object);
const columnsOf = (type: string) =>
  new Set(COLUMNS.flatMap(([name, of]) => (of === type ? [name] : [])));
/** A name that is a column's as well means the column, for both. */
const LAKE_COLUMNS: ReadonlySet<string> = new Set(COLUMNS.map(([name]) => name));
const TEXTS = new Set([...columnsOf('string'), ...tables.partitions]);
const [INSTANTS, COUNTS] = [columnsOf('timestamp'), columnsOf('bigint')];

const textOf = (node: TreeNode) => core(node).getText();
const isNumber = (node: TreeNode) => /^-?[\d.]/.test(textOf(node));
const isText = (node: TreeNode) => textOf(node).startsWith("'");
const isCast = (node: TreeNode, type: string) => {
  const inner = core(node);
  return inner instanceof CastContext && inner.type().getText().toLowerCase() === type;
};
const isColumn = (node: TreeNode, columns: ReadonlySet<string>) =>
  columns.has(columnOf(node) ?? '');

/** What a predicate compares with its subject. */
function comparedWith(predicate: TreeNode | null): readonly TreeNode[] {
  if (predicate instanceof ComparisonContext) return [predicate.valueExpression()];
  if (predicate instanceof BetweenContext) return predicate.valueExpression();
  return predicate instanceof InListContext ? predicate.expression() : [];
}

/** Do two operands meet whose types Trino does not mix? */
function areMixed(one: TreeNode, other: TreeNode): boolean {
  if (isColumn(one, TEXTS)) return isNumber(other);
  // A value's place reads as a text too: for an instant it must be cast.
  return (isColumn(one, INSTANTS) || isColumn(one, COUNTS)) && isText(other);
}

function isSum(node: TreeNode): boolean {
  const inner = core(node);
  if (inner instanceof CoalesceContext) return isSum(inner.expression()[0]!);
  if (!(inner instanceof FunctionCallContext)) return false;
  const name = inner.functionName().getText().toLowerCase();
  if (name === 'coalesce') return isSum(inner.expression()[0]!);
  return name === 'sum' || name === 'count';
}

function isArithmetic(node: TreeNode, operator: string): node is ArithmeticBinaryContext {
  return node instanceof ArithmeticBinaryContext && node._operator?.text === operator;
}

/** Spellings that Trino's grammar refuses and DuckDB takes. */
export const REFUSED_BY_GRAMMAR: readonly string[] = [
  of(`'7'::bigint`),
  of('1 == 1'),
  of(`tenant ILIKE 'TN'`),
  'SELECT DISTINCT ON (tenant) tenant, input FROM sample',
  'SELECT tenant FROM sample QUALIFY row_number() OVER (ORDER BY input) = 1',
  'SELECT tenant, count(*) AS n FROM sample GROUP BY ALL',
  'SELECT input FROM sample ORDER BY input LIMIT 1 OFFSET 1',
  'SELECT * EXCLUDE (tenant) FROM sample',
  'FROM sample',
];

export const SPELLINGS: readonly Spelling[] = [
  {
    name: 'a function that was not shown to mean the same',
    examples: [
      ...['avg(cost)', 'round(cost, 2)', 'greatest(1, NULL)', 'least(1, NULL)', 'count_if(true)'],
      ...['concat(tenant, NULL)', 'approx_percentile(input, 0.5)', 'power(2, 3)'],
      ...[`string_agg(tenant, ',')`, `upper('ß')`, `substr('abc', 0, 2)`, 'ceil(cost)'],
    ].map(of),
    isIn: (node) =>
      node instanceof FunctionCallContext &&
      !Object.hasOwn(SHARED_FUNCTIONS, node.functionName().getText().toLowerCase()),
  },
  {
    name: 'a division of anything but doubles',
    examples: ['7 / 2', 'cost / input', 'sum(cost) / count(*)', '1 / 0'].map(of),
    isIn: (node) =>
      isArithmetic(node, '/') && !node.valueExpression().every((one) => isCast(one, 'double')),
  },
  {
    name: 'a remainder, which by zero is an error or nothing',
    examples: [of('7 % 0')],
    isIn: (node) => isArithmetic(node, '%'),
  },
  {
    name: 'a type that is not the same, or not there',
    examples: [
      ...[`CAST('1.5' AS DECIMAL)`, `CAST('abc' AS VARCHAR(2))`, `CAST('abc' AS CHAR(5))`],
      ...[`CAST('1.5' AS NUMERIC(18, 12))`, `CAST(tenant AS TEXT)`],
      `CAST('2026-02-01 00:00:00 UTC' AS TIMESTAMP WITH TIME ZONE)`,
    ].map(of),
    isIn: (node) => node instanceof TypeContext && !SHARED_TYPE.test(textOf(node).toLowerCase()),
  },
  {
    name: 'a literal of a type, but for a plain date or timestamp',
    examples: [
      ...[`DECIMAL '1.23456'`, `TIMESTAMP '2026-02-01T00:00:00Z'`, `DATE '2026-02-01 07:00:00'`],
      ...[`TIMESTAMP '2026-02-01 00:00:00 UTC'`, `TIMESTAMP '2026-02-01 00:00:00.123456'`],
    ].map(of),
    isIn: (node) => {
      if (!(node instanceof TypeConstructorContext)) return false;
      const [type, text] = [node.identifier()?.getText().toLowerCase(), node.string().getText()];
      if (type === 'date') return !PLAIN_DATE.test(text);
      return type !== 'timestamp' || !PLAIN_TIMESTAMP.test(text);
    },
  },
  {
    name: 'a text cast to a date or timestamp that is not plainly one',
    examples: [
      ...[`CAST('2026-02-01 07:00:00' AS DATE)`, `CAST('2026-02-01T07:00:00Z' AS TIMESTAMP)`],
      `CAST('2026-02-01 07:00:00.123456' AS TIMESTAMP)`,
    ].map(of),
    isIn: (node) => {
      if (!(node instanceof CastContext)) return false;
      const text = textOf(node.expression());
      if (!text.startsWith("'") || text === `'a value'`) return false;
      if (isCast(node, 'date')) return !PLAIN_DATE.test(text);
      return isCast(node, 'timestamp') && !PLAIN_TIMESTAMP.test(text);
    },
  },
  {
    name: 'a number with a point or an exponent, whose type or text differs',
    examples: ['0.5', '0.5 * 0.5', '1e0', '1e20'].map(of),
    isIn: (node) =>
      (node.children ?? []).length === 0 && /^(\d+\.|\.\d|\d+e)/i.test(node.getText()),
  },
  {
    name: 'a cast to a whole number of anything but a sum',
    examples: [
      ...[`CAST('1.5' AS BIGINT)`, `CAST(' 7' AS BIGINT)`, 'CAST(CAST(2.5 AS DOUBLE) AS BIGINT)'],
    ].map(of),
    isIn: (node) =>
      isCast(node, 'bigint') && node instanceof CastContext && !isSum(node.expression()),
  },
  {
    name: 'a cast to text of anything but a date or nothing',
    examples: ['CAST(admitted_at AS VARCHAR)', 'CAST(CAST(1.5 AS DOUBLE) AS VARCHAR)'].map(of),
    isIn: (node) =>
      node instanceof CastContext &&
      isCast(node, 'varchar') &&
      !isCast(node.expression(), 'date') &&
      textOf(node.expression()).toLowerCase() !== 'null',
  },
  {
    name: 'a comparison of a text with a number, or of an instant or a count with a text',
    examples: [
      ...['hour = 7', '7 = hour', 'hour IN (7)', 'sample.hour <> 7', `admitted_at >= '2026-02-02'`],
      ...[`input = '7'`, `admitted_at BETWEEN '2026-02-01' AND '2026-02-02'`],
    ].map(where),
    isIn: (node) => {
      if (!(node instanceof PredicatedContext)) return false;
      const subject = node.valueExpression();
      return comparedWith(node.predicate()).some(
        (other) => areMixed(subject, other) || areMixed(other, subject),
      );
    },
  },
  {
    name: 'a text put together with a number, or with nothing',
    examples: [`'a' || 1`, `'a' || NULL`, 'tenant || input'].map(of),
    isIn: (node) =>
      node instanceof ConcatenationContext &&
      node
        .valueExpression()
        .some((one) => isNumber(one) || isColumn(one, COUNTS) || /^null$/i.test(textOf(one))),
  },
  {
    name: 'an element of a list, which beyond its end is an error or nothing',
    examples: [of('ARRAY[1][2]')],
    isIn: (node) => node instanceof SubscriptContext,
  },
  {
    name: 'a time zone',
    examples: [of(`admitted_at AT TIME ZONE 'UTC'`)],
    isIn: (node) => node instanceof AtTimeZoneContext,
  },
  {
    name: 'the day of a date, which one makes an instant',
    examples: [of(`date_trunc('day', CAST(admitted_at AS DATE))`)],
    isIn: (node) =>
      node instanceof FunctionCallContext &&
      node.functionName().getText().toLowerCase() === 'date_trunc' &&
      node.expression().some((one) => isCast(one, 'date')),
  },
  {
    name: 'an instant or a date less or more anything but an interval',
    examples: [
      ...['admitted_at - admitted_at', 'CAST(admitted_at AS DATE) + 1'],
      'CAST(admitted_at AS DATE) - CAST(admitted_at AS DATE)',
    ].map(of),
    isIn: (node) => {
      if (!isArithmetic(node, '+') && !isArithmetic(node, '-')) return false;
      const [left, right] = node.valueExpression() as TreeNode[] as [TreeNode, TreeNode];
      const isInterval = core(right) instanceof IntervalContext;
      return (isColumn(left, INSTANTS) || isCast(left, 'date')) && !isInterval;
    },
  },
  {
    name: 'USING, after which one knows no table of the column',
    examples: ['SELECT sample.input FROM sample JOIN (VALUES (7)) AS u (input) USING (input)'],
    isIn: (node) => node instanceof JoinCriteriaContext && node.KW_USING() !== null,
  },
  {
    name: 'a name of the SELECT list in WHERE, GROUP BY or HAVING',
    examples: [
      `SELECT date_trunc('day', admitted_at) AS day, count(*) AS n FROM sample GROUP BY day`,
      'SELECT tenant, count(*) AS n FROM sample GROUP BY tenant HAVING n > 0',
      'SELECT input + 1 AS more FROM sample WHERE more > 3',
      'SELECT input FROM sample ORDER BY ALL',
    ],
    isIn: (node) => misnamedColumns(node).some((name) => !LAKE_COLUMNS.has(name)),
  },
  {
    name: 'a clock',
    examples: [of('current_timestamp')],
    isIn: (node) =>
      [
        ...[CurrentTimestampContext, CurrentDateContext, CurrentTimeContext],
        ...[LocalTimestampContext, LocalTimeContext],
      ].some((clock) => node instanceof clock),
  },
  {
    name: 'a limit without an order: which rows are left is nobody’s decision',
    examples: [],
    isIn: (node) =>
      node instanceof QueryNoWithContext &&
      (node.KW_LIMIT() ?? node.KW_FETCH() ?? node.KW_OFFSET()) !== null &&
      node.KW_ORDER() === null,
  },
];

/** Names of what a statement must not hold, and what Trino's grammar refuses in it. */
export function forbiddenIn(sql: string): string[] {
  const errors = syntaxErrors(sql);
  if (errors.length > 0) return errors;
  const nodes = [...allNodes(parseTrino(sql))];
  return SPELLINGS.filter(({ isIn }) => nodes.some(isIn)).map(({ name }) => name);
}
