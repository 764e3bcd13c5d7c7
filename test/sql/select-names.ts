import {
  ColumnReferenceContext,
  GroupByContext,
  GroupingTermContext,
  HavingClauseContext,
  QuerySpecificationContext,
  SelectItemContext,
  SortItemContext,
  WhereClauseContext,
} from 'dt-sql-parser/dist/lib/trino/TrinoSqlParser.js';
import { allNodes, columnOf, core, nodesWithin } from './trino-tree.ts';
import type { TreeNode } from './trino-tree.ts';

const isQuery = (node: TreeNode) => node instanceof QuerySpecificationContext;

/**
 * Names that a query gives in its SELECT list and then uses where Trino knows columns alone. A name that is
 * given to the column of that name is no other.
 */
export function misnamedColumns(node: TreeNode): string[] {
  if (node instanceof SortItemContext) return /^all$/i.test(node.getText()) ? ['all'] : [];
  if (!(node instanceof QuerySpecificationContext)) return [];
  const given = new Set<string>();
  for (const item of allNodes(node.selectList())) {
    const name =
      item instanceof SelectItemContext ? item._alias?.getText().toLowerCase() : undefined;
    if (name !== undefined && columnOf(item.children![0]!) !== name) given.add(name);
  }
  const clauses = [...nodesWithin(node, isQuery)].filter(
    (part) =>
      part instanceof WhereClauseContext ||
      part instanceof GroupByContext ||
      part instanceof HavingClauseContext,
  );
  return clauses.flatMap((clause) => usedNames(clause)).filter((name) => given.has(name));
}

/** Names without a table that a clause uses outside of its aggregates. */
function usedNames(clause: TreeNode): string[] {
  const names: string[] = [];
  for (const part of nodesWithin(clause, isQuery)) {
    if (!(part instanceof ColumnReferenceContext) && !(part instanceof GroupingTermContext))
      continue;
    const text = core(part).getText().toLowerCase();
    if (columnOf(part) === text) names.push(text);
  }
  return names;
}
