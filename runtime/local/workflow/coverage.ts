import type { Scope, State } from './definition.ts';
import type { HistoryEvent } from './history.ts';
import { loadDefinition } from './load.ts';

/**
 * Lists the states, choice branches and catches of a definition that no history reached, in the
 * order of the definition. A variable that is not yet assigned, and much else, shows only when its
 * path is run: tests demand an empty list.
 *
 * @returns E.g. `Poll: rule 0 to Collect`, `Poll: Default to Wait`, `Rate: never entered`.
 */
export function coverage(
  definition: unknown,
  histories: readonly (readonly HistoryEvent[])[],
): string[] {
  const reached = new Set(histories.flat().map(branchOf));
  return branches(loadDefinition(definition).root)
    .filter(({ key }) => !reached.has(key))
    .map(({ label }) => label);
}

interface Branch {
  readonly key: string;
  readonly label: string;
}

function branches(scope: Scope): Branch[] {
  return [...scope.states.values()].flatMap((state) => [
    { key: `${state.name} entered`, label: `${state.name}: never entered` },
    ...exits(state),
    ...(state.type === 'Map' ? branches(state.processor) : []),
  ]);
}

function exits(state: State): Branch[] {
  const branch = (way: string, next: string | undefined) => ({
    key: `${state.name} ${way}`,
    label: `${state.name}: ${way} to ${next ?? 'the end'}`,
  });
  if (state.type === 'Choice') {
    const rules = state.rules.map((rule, index) => branch(`rule ${index}`, rule.next));
    const { otherwise } = state;
    return otherwise === undefined ? rules : [...rules, branch('Default', otherwise.next)];
  }
  if (state.type === 'Task' || state.type === 'Map') {
    return state.catchers.map((catcher, index) => branch(`catch ${index}`, catcher.next));
  }
  return [];
}

/** The branch an event shows, keyed by the state's name, which is unique in a definition. */
function branchOf({ type, path, details }: HistoryEvent): string {
  const name = path.slice(path.lastIndexOf('/') + 1);
  if (type === 'StateEntered') return `${name} entered`;
  if (type === 'CatchTaken') return `${name} catch ${JSON.stringify(details?.['catcher'])}`;
  if (type !== 'ChoiceTaken') return '';
  const rule = details?.['rule'];
  return `${name} ${rule === 'Default' ? 'Default' : `rule ${JSON.stringify(rule)}`}`;
}
