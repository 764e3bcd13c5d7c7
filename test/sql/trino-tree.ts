import { TrinoSQL } from 'dt-sql-parser';

/** A node of Trino's grammar; the classes of the parser say which. */
export interface TreeNode {
  readonly children?: readonly TreeNode[] | null;
  /** Without blanks, as it was written. */
  getText(): string;
}

/** Mistakes that Trino's grammar sees, each with its place. */
export function syntaxErrors(sql: string): string[] {
  return read(sql).errors;
}

/** A statement as Trino's grammar reads it. */
export function parseTrino(sql: string): TreeNode {
  return read(sql).tree;
}

function read(sql: string): { readonly tree: TreeNode; readonly errors: string[] } {
  const errors: string[] = [];
  const nothing = () => undefined;
  const parser = new TrinoSQL().createParser(withoutPlaces(sql));
  // Theirs writes to the console.
  parser.removeErrorListeners();
  parser.addErrorListener({
    syntaxError: (_recognizer, _token, ...[line, column, message]) => {
      errors.push(`${line}:${column}: ${message.slice(0, 200)}`);
    },
    ...{ reportAmbiguity: nothing, reportAttemptingFullContext: nothing },
    reportContextSensitivity: nothing,
  });
  return { tree: parser.program(), errors };
}

/** `:name` is our own: the adapters put quoted texts in its place. */
function withoutPlaces(sql: string): string {
  return sql.replace(/(?<![:\w]):[a-z_]+\b/g, `'a value'`);
}

/** The node and all below it. */
export function* allNodes(node: TreeNode): Generator<TreeNode> {
  yield node;
  for (const child of node.children ?? []) yield* allNodes(child);
}

/** Nodes below that are of a class, not looking into subqueries of the kind `outer`. */
export function* nodesWithin(node: TreeNode, outer: (node: TreeNode) => boolean) {
  for (const child of node.children ?? []) {
    if (!outer(child)) yield* allNodesUntil(child, outer);
  }
}

function* allNodesUntil(
  node: TreeNode,
  outer: (node: TreeNode) => boolean,
): Generator<TreeNode, void, undefined> {
  yield node;
  for (const child of node.children ?? []) if (!outer(child)) yield* allNodesUntil(child, outer);
}

/** The node without the layers of the grammar, and the parentheses, that hold nothing else. */
export function core(node: TreeNode): TreeNode {
  const children = node.children ?? [];
  const [first, inner, last] = children;
  if (children.length === 1 && first?.children) return core(first);
  const parenthesized =
    children.length === 3 && first?.getText() === '(' && last?.getText() === ')';
  return parenthesized && inner ? core(inner) : node;
}

/** The column that an expression is, in lower case and without its table; null for any other. */
export function columnOf(node: TreeNode): string | null {
  const text = core(node).getText().toLowerCase();
  if (!/^[a-z_]\w*(\.[a-z_]\w*)?$/.test(text) || ['null', 'true', 'false'].includes(text))
    return null;
  return text.split('.').at(-1) ?? null;
}
