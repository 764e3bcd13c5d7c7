import { refuse } from './errors.ts';
import { FUNCTIONS, MAX_ARGUMENTS, REFUSED_FUNCTIONS } from './functions.ts';
import type { Place, SyntaxNode } from './place.ts';
import { checkStatesPath } from './states-variable.ts';

interface Surroundings {
  readonly place: Place;
  /** Names bound inside the expression. */
  readonly locals: Set<string>;
  /** Whether `$` and plain field names mean something: AWS gives an expression no input. */
  readonly hasInput: boolean;
}

/**
 * Refuses whatever AWS would not evaluate, what could not be replayed, and names nobody defines:
 * an unknown variable would otherwise be an error only when its path is first run.
 */
export function checkExpression(tree: SyntaxNode, place: Place): void {
  check(tree, { place, locals: new Set(), hasInput: false });
}

function check(node: SyntaxNode, around: Surroundings): void {
  checkOwn(node, around);
  const within = { ...around, hasInput: true };
  for (const stage of [...nodes(node['predicate']), ...nodes(node['stages'])]) {
    if (stage.type === 'filter') check(stage['expr'] as SyntaxNode, within);
    else around.locals.add(String(stage.value)); // #$index
  }
  for (const name of [node['focus'], node['index']]) {
    if (typeof name === 'string') around.locals.add(name);
  }
  const group = node['group'] as { lhs: SyntaxNode[][] } | undefined;
  for (const part of group?.lhs.flat() ?? []) check(part, within);
}

function checkOwn(node: SyntaxNode, around: Surroundings): void {
  switch (node.type) {
    case 'string':
    case 'number':
    case 'value':
    case 'regex':
    case 'operator': // the ? of a partial application
      return;
    case 'path':
      checkPath(node, around);
      return;
    case 'name':
    case 'wildcard':
    case 'descendant':
    case 'parent':
      if (!around.hasInput) refuseImplicitInput(node, around);
      return;
    case 'variable':
      checkVariable(node, around);
      return;
    case 'function':
    case 'partial':
      checkCall(node, around);
      return;
    case 'lambda':
      checkLambda(node, around);
      return;
    case 'bind':
      bind(node['lhs'] as SyntaxNode, around);
      check(node['rhs'] as SyntaxNode, around);
      return;
    case 'block':
      checkAll(nodes(node['expressions']), { ...around, locals: new Set(around.locals) });
      return;
    case 'transform':
      checkAll(children(node), { ...around, hasInput: true });
      return;
    case 'sort':
      for (const term of nodes(node['terms'])) check(term['expression'] as SyntaxNode, around);
      return;
    case 'binary':
    case 'unary':
    case 'condition':
    case 'apply':
      checkAll(children(node), around);
      return;
    default:
      refuse(around.place.path, `JSONata "${node.type}" is not implemented`);
  }
}

function checkPath(node: SyntaxNode, around: Surroundings): void {
  const [head, ...rest] = nodes(node['steps']);
  if (head === undefined) return;
  const within = { ...around, hasInput: true };
  if (isStates(head)) {
    checkStatesPath(rest, around.place);
    if (head['predicate'] !== undefined || head['stages'] !== undefined) refuseStates(around);
  } else {
    check(head, around);
  }
  checkAll(rest, within);
}

function checkVariable({ value }: SyntaxNode, around: Surroundings): void {
  const { place, locals, hasInput } = around;
  const name = String(value);
  if (name === '$') refuse(place.path, '"$$" is not available: AWS gives an expression no input');
  if (name === '') {
    if (!hasInput) refuse(place.path, '"$" is not available here: name $states.input instead');
    return;
  }
  if (name === 'states') refuseStates(around);
  if (locals.has(name) || place.variables.has(name) || FUNCTIONS.has(name)) return;
  const reason = REFUSED_FUNCTIONS[name];
  if (reason !== undefined) refuse(place.path, `function "$${name}" is not implemented: ${reason}`);
  const known = [...place.variables].sort().join(', ');
  refuse(
    place.path,
    `"$${name}" is no function implemented here and no variable assigned in this scope` +
      ` (variables: ${known === '' ? 'none' : known})`,
  );
}

function checkCall(node: SyntaxNode, around: Surroundings): void {
  const procedure = node['procedure'] as SyntaxNode;
  const given = nodes(node['arguments']);
  check(procedure, around);
  const limit = procedure.type === 'variable' ? MAX_ARGUMENTS[String(procedure.value)] : undefined;
  if (limit !== undefined && given.length > limit) {
    const call = `"$${String(procedure.value)}" with ${given.length} arguments`;
    refuse(around.place.path, `function ${call} is not implemented; expected at most ${limit}`);
  }
  checkAll(given, around);
}

function checkLambda(node: SyntaxNode, around: Surroundings): void {
  const inner = { ...around, locals: new Set(around.locals) };
  for (const argument of nodes(node['arguments'])) bind(argument, inner);
  check(node['body'] as SyntaxNode, inner);
}

function bind({ value }: SyntaxNode, { place, locals }: Surroundings): void {
  if (value === 'states') refuse(place.path, '"$states" is reserved; choose another name');
  locals.add(String(value)); // before its value is checked: a function may call itself
}

function checkAll(list: readonly SyntaxNode[], around: Surroundings): void {
  for (const node of list) check(node, around);
}

/** The operands of a node, whatever the fields are called that hold them. */
function children(node: SyntaxNode): SyntaxNode[] {
  const { lhs, rhs, expression, expressions, condition, pattern, update } = node;
  const branches = [node['then'], node['else'], node['delete']];
  return [lhs, rhs, expression, expressions, condition, pattern, update, ...branches]
    .flat(2)
    .filter((part) => part !== undefined) as SyntaxNode[];
}

function nodes(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? (value as SyntaxNode[]) : [];
}

function isStates(node: SyntaxNode): boolean {
  return node.type === 'variable' && node.value === 'states';
}

function refuseStates({ place }: Surroundings): never {
  refuse(place.path, '"$states" must be followed by a member, as in $states.input');
}

function refuseImplicitInput(node: SyntaxNode, { place }: Surroundings): never {
  const got = node.type === 'name' ? `field "${String(node.value)}"` : `"${node.type}"`;
  refuse(place.path, `${got} has no input to look in: start from $states or a variable`);
}
