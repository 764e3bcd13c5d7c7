import { refuse } from './errors.ts';
import type { Place, SyntaxNode } from './place.ts';

/** The members of something; `true` is data, with whatever members it has. */
interface Members {
  readonly [name: string]: Members | true;
}

const CONTEXT: Members = {
  Execution: { Name: true, StartTime: true, Input: true },
  State: { Name: true, EnteredTime: true, RetryCount: true },
  StateMachine: { Name: true },
};
const MAP_CONTEXT: Members = { ...CONTEXT, Map: { Item: { Index: true, Value: true } } };

/**
 * Refuses a path below `$states` that does not exist at this place. In an expression such as
 * `'a' & $states.context.Execution.Id` a missing member would silently be empty.
 */
export function checkStatesPath(steps: readonly SyntaxNode[], place: Place): void {
  let members: Members | true = membersAt(place);
  let walked = '$states';
  for (const [index, step] of steps.entries()) {
    if (members === true) return;
    if (step.type !== 'name') {
      if (index > 0) return; // e.g. a function applied to the whole context
      refuse(place.path, `"$states" must be followed by a member, as in $states.input`);
    }
    const name = String(step.value);
    walked += `.${name}`;
    const member: Members | true | undefined = Object.hasOwn(members, name)
      ? members[name]
      : undefined;
    if (member === undefined) {
      const known = Object.keys(members).join(', ');
      refuse(place.path, `"${walked}" does not exist here; expected one of ${known}`);
    }
    members = member;
  }
}

function membersAt(place: Place): Members {
  return {
    input: true,
    context: place.insideMap ? MAP_CONTEXT : CONTEXT,
    ...(place.members.has('result') ? { result: true as const } : {}),
    ...(place.members.has('errorOutput') ? { errorOutput: { Error: true, Cause: true } } : {}),
  };
}
