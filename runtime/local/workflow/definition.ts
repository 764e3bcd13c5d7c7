import type { Template } from './expression.ts';

/** A loaded and checked definition: nothing in it is left to be ignored. */
export interface Definition {
  readonly root: Scope;
  readonly timeoutMs: number | undefined;
}

/** A graph of states that share variables: the machine itself, or the processor of a Map. */
export interface Scope {
  readonly startAt: string;
  readonly states: ReadonlyMap<string, State>;
}

export type State =
  TaskState | MapState | ChoiceState | WaitState | PassState | SucceedState | FailState;

/** What a state leaves behind, and where it goes. */
export interface Exit {
  /** Undefined keeps the state's default: its result, or else its input. */
  readonly output: Template | undefined;
  readonly assign: Template | undefined;
  /** Undefined ends the scope. */
  readonly next: string | undefined;
}

interface Named {
  readonly name: string;
  /** E.g. `States.RateWindow`, for messages. */
  readonly path: string;
}

/** The states that may fail and be tried again. */
export interface Recovery {
  readonly retriers: readonly Retrier[];
  readonly catchers: readonly Catcher[];
}

export interface TaskState extends Named, Exit, Recovery {
  readonly type: 'Task';
  readonly step: string;
  readonly arguments: Template | undefined;
  readonly timeoutSeconds: Template | undefined;
}

export interface MapState extends Named, Exit, Recovery {
  readonly type: 'Map';
  readonly items: Template;
  readonly itemSelector: Template | undefined;
  readonly maxConcurrency: Template | undefined;
  /** A distributed map runs each item as an execution of its own. */
  readonly isDistributed: boolean;
  readonly processor: Scope;
}

export interface ChoiceState extends Named {
  readonly type: 'Choice';
  readonly rules: readonly (Exit & { readonly condition: Template })[];
  readonly otherwise: Exit | undefined;
}

export interface WaitState extends Named, Exit {
  readonly type: 'Wait';
  readonly seconds: Template;
}

export interface PassState extends Named, Exit {
  readonly type: 'Pass';
}

export interface SucceedState extends Named, Exit {
  readonly type: 'Succeed';
}

export interface FailState extends Named {
  readonly type: 'Fail';
  readonly error: Template | undefined;
  readonly cause: Template | undefined;
}

export interface Retrier {
  readonly errorEquals: readonly string[];
  readonly intervalSeconds: number;
  readonly maxAttempts: number;
  readonly backoffRate: number;
  readonly maxDelaySeconds: number;
  readonly jitter: 'FULL' | 'NONE';
}

export interface Catcher extends Exit {
  readonly errorEquals: readonly string[];
}
