import type { Waits } from './clock.ts';
import type { MapState, Scope, State } from './definition.ts';
import type { Bindings } from './expression.ts';
import type { Happening } from './history.ts';
import type { Json } from './json.ts';

/** What a task learns about its call besides its input. */
export interface TaskContext {
  /** The name of the execution. */
  readonly execution: string;
  /** E.g. `Windows[3]/RateWindow`. */
  readonly path: string;
  readonly step: string;
  /** 0 for the first attempt. */
  readonly retryCount: number;
}

/** A step of the workflow, as this world does it. */
export type Task = (input: unknown, context: TaskContext) => Promise<unknown>;

/** What all scopes of one execution share. */
export interface Engine {
  readonly tasks: Readonly<Record<string, Task>>;
  readonly waits: Waits;
  readonly random: () => number;
  readonly execution: string;
  readonly stateMachine: string;
  record(happening: Happening): void;
  /** Whether the execution has used up its own TimeoutSeconds. */
  isOver(): boolean;
  /** Runs a scope to its end; a Map calls it for each item. */
  runScope(frame: Frame, input: Json): Promise<Json>;
}

/** One run of one scope. */
export interface Frame {
  readonly engine: Engine;
  readonly scope: Scope;
  /** Prefix of paths, e.g. `Windows[3]/`; empty at the top. */
  readonly prefix: string;
  /** Read-only here: they belong to the scopes around this one. */
  readonly outerVariables: Readonly<Record<string, Json>>;
  variables: Readonly<Record<string, Json>>;
  /** `$states.context.Execution`, and `Map` inside an inline map. */
  readonly context: Readonly<Record<string, Json>>;
  /** Aborted once no further state may start. */
  readonly signal: AbortSignal;
}

/** One state being run, with its input. */
export interface Visit<S extends State = State> {
  readonly frame: Frame;
  readonly state: S;
  readonly path: string;
  readonly input: Json;
  readonly enteredMs: number;
  readonly retryCount: number;
}

export type MapVisit = Visit<MapState>;

/** What an expression of the visited state can see, plus members such as `result`. */
export function bindingsOf(visit: Visit, members: Readonly<Record<string, Json>> = {}): Bindings {
  const { frame, state, input, enteredMs, retryCount } = visit;
  const context = {
    ...frame.context,
    State: { Name: state.name, EnteredTime: instant(enteredMs), RetryCount: retryCount },
    StateMachine: { Name: frame.engine.stateMachine },
  };
  return {
    states: { input, context, ...members },
    variables: { ...frame.outerVariables, ...frame.variables },
    random: frame.engine.random,
  };
}

/** An instant in the one form that the product uses. */
export function instant(ms: number): string {
  return new Date(ms).toISOString();
}
