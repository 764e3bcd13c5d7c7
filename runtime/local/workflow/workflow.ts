import { createWaits, EXPIRED, type WorkflowClock } from './clock.ts';
import type { Definition } from './definition.ts';
import { show, StateError, Stopped } from './errors.ts';
import { type Engine, type Frame, instant, type Task } from './frame.ts';
import { createRecorder, type HistoryEvent } from './history.ts';
import { type Json, payload } from './json.ts';
import { loadDefinition, stepsOf } from './load.ts';
import { runScope } from './run.ts';

/** What a workflow is made of. */
export interface WorkflowOptions {
  /** A parsed `.asl.json`. */
  readonly definition: unknown;
  /** One function for each step the definition names, and no others. */
  readonly tasks: Readonly<Record<string, Task>>;
  readonly clock: WorkflowClock;
  /** Draws from [0, 1): jitter, `$random` and `$uuid`. Seeded, a run can be replayed. */
  readonly random: () => number;
  readonly onEvent?: (event: HistoryEvent) => void;
  /**
   * `$states.context.StateMachine.Name`.
   *
   * @default workflow
   */
  readonly name?: string;
}

/** An execution that has ended. */
export interface Execution {
  readonly name: string;
  readonly status: 'SUCCEEDED' | 'FAILED' | 'TIMED_OUT';
  readonly output?: unknown;
  readonly error?: string;
  readonly cause?: string;
  readonly startedMs: number;
  readonly stoppedMs: number;
  readonly history: readonly HistoryEvent[];
}

/** A loaded state machine. */
export interface Workflow {
  /**
   * Runs one execution to its end. A failed execution resolves; only a fault of the interpreter,
   * the clock or `onEvent` rejects.
   *
   * @param name - As AWS takes it: 1 to 80 characters.
   */
  start(input: unknown, name: string): Promise<Execution>;
}

/**
 * Loads a definition in Amazon States Language (JSONata).
 *
 * @throws Error naming the path of whatever the interpreter does not implement, of a step without
 * a task or a task without a step: it ignores nothing.
 */
export function createWorkflow(options: WorkflowOptions): Workflow {
  const definition = loadDefinition(options.definition);
  checkTasks(definition, options.tasks);
  return {
    start(input, name) {
      checkName(name);
      return execute({ definition, options }, input, name);
    },
  };
}

interface Loaded {
  readonly definition: Definition;
  readonly options: WorkflowOptions;
}

type Outcome = Pick<Execution, 'status' | 'output' | 'error' | 'cause'>;

async function execute(loaded: Loaded, input: unknown, name: string): Promise<Execution> {
  const { clock, onEvent } = loaded.options;
  const startedMs = clock.now();
  const recorder = createRecorder(() => clock.now(), onEvent);
  recorder.record({ type: 'ExecutionStarted', path: '' });
  const outcome = await run(loaded, input, {
    name,
    record: (happening) => {
      recorder.record(happening);
    },
  });
  const { error, cause } = outcome;
  const details = error === undefined ? {} : { details: { error, cause: cause ?? '' } };
  recorder.record({ type: EVENTS[outcome.status], path: '', ...details });
  recorder.close();
  const history = recorder.events;
  return { name, ...outcome, startedMs, stoppedMs: clock.now(), history };
}

const EVENTS = {
  SUCCEEDED: 'ExecutionSucceeded',
  FAILED: 'ExecutionFailed',
  TIMED_OUT: 'ExecutionTimedOut',
} as const;

async function run(
  { definition, options }: Loaded,
  input: unknown,
  { name, record }: Pick<Engine, 'record'> & { name: string },
): Promise<Outcome> {
  const waits = createWaits(options.clock);
  const limit = waits.deadline(definition.timeoutMs, 'count');
  const over = new AbortController();
  const engine: Engine = {
    tasks: options.tasks,
    waits,
    random: options.random,
    execution: name,
    stateMachine: options.name ?? 'workflow',
    record,
    isOver: () => limit.isLate(),
    runScope,
  };
  try {
    const given = payload(input, 'the input of the execution');
    const frame = rootFrame(engine, { definition, input: given, signal: over.signal });
    const first = await Promise.race([runScope(frame, given), limit.expired]);
    if (first === EXPIRED || limit.isLate()) return timedOut(definition);
    return { status: 'SUCCEEDED', output: first };
  } catch (error) {
    if (error instanceof Stopped) return timedOut(definition);
    if (!(error instanceof StateError)) throw error;
    return { status: 'FAILED', error: error.name, cause: error.message };
  } finally {
    over.abort();
    limit.stop();
  }
}

function rootFrame(
  engine: Engine,
  { definition, input, signal }: { definition: Definition; input: Json; signal: AbortSignal },
): Frame {
  const startTime = instant(engine.waits.now());
  return {
    engine,
    scope: definition.root,
    prefix: '',
    outerVariables: {},
    variables: {},
    context: { Execution: { Name: engine.execution, StartTime: startTime, Input: input } },
    signal,
  };
}

function timedOut({ timeoutMs = 0 }: Definition): Outcome {
  const cause = `the execution ran past its TimeoutSeconds of ${timeoutMs / 1000}`;
  return { status: 'TIMED_OUT', error: 'States.Timeout', cause };
}

/** Both ways: a step nobody does, and a function that no state calls. */
function checkTasks({ root }: Definition, tasks: WorkflowOptions['tasks']): void {
  const steps = stepsOf(root);
  const given = new Set(Object.keys(tasks));
  for (const step of steps) {
    if (given.has(step)) continue;
    throw new Error(`step "${step}": got no task; tasks are ${[...given].join(', ') || 'none'}`);
  }
  for (const task of given) {
    if (steps.has(task)) continue;
    throw new Error(
      `task "${task}": no state names it; steps are ${[...steps].join(', ') || 'none'}`,
    );
  }
}

function checkName(name: string): void {
  // AWS: StartExecution, parameter name
  if (/^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u.test(name)) return;
  throw new Error(
    `execution name: got ${show(name)}; expected 1 to 80 characters, no spaces, brackets or symbols`,
  );
}
