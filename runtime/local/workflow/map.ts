import { show, StateError, Stopped } from './errors.ts';
import { bindingsOf, type Frame, instant, type MapVisit } from './frame.ts';
import { type Json, payload } from './json.ts';

/** AWS: an inline map runs at most 40 items at once; we start no more of a distributed one. */
const CONCURRENCY_LIMIT = 40;

/** Runs a Map's processor for every item; the results are in the order of the items. */
export async function runMap(visit: MapVisit): Promise<Json> {
  const items = await itemsOf(visit);
  const concurrency = await concurrencyOf(visit);
  const results: Json[] = Array.from(items, () => null);
  const failed = new AbortController();
  const signal = AbortSignal.any([visit.frame.signal, failed.signal]);
  const failures: unknown[] = [];
  let next = 0;

  async function work(): Promise<void> {
    while (next < items.length && !signal.aborted) {
      const index = next++;
      const item = { index, value: items[index] ?? null };
      try {
        results[index] = await runItem(visit, item, signal);
      } catch (error) {
        if (!(error instanceof Stopped)) failures.push(error);
        failed.abort();
      }
    }
  }
  await Promise.all(Array.from({ length: Math.min(concurrency, items.length) }, work));

  if (failures.length > 0) throw failures[0];
  if (visit.frame.signal.aborted) throw new Stopped();
  return payload(results, `the results of ${visit.state.path}`);
}

interface Item {
  readonly index: number;
  readonly value: Json;
}

async function runItem(visit: MapVisit, item: Item, signal: AbortSignal): Promise<Json> {
  const { frame, state } = visit;
  const { engine } = frame;
  const path = `${visit.path}[${item.index}]`;
  const map = { Item: { Index: item.index, Value: item.value } };
  const input = await selectItem(visit, item, map);
  if (signal.aborted) throw new Stopped();

  engine.record({ type: 'MapIterationStarted', path });
  try {
    const inner = state.isDistributed
      ? distributedFrame(visit, path, input)
      : inlineFrame(visit, path, map);
    const output = await engine.runScope({ ...inner, signal }, input);
    engine.record({ type: 'MapIterationSucceeded', path });
    return output;
  } catch (error) {
    if (error instanceof Stopped) engine.record({ type: 'MapIterationStopped', path });
    if (!(error instanceof StateError)) throw error;
    const details = { error: error.name, cause: error.message };
    engine.record({ type: 'MapIterationFailed', path, details });
    throw state.isDistributed ? thresholdExceeded(path, error) : error;
  }
}

async function selectItem(visit: MapVisit, item: Item, map: Json): Promise<Json> {
  const { state, frame } = visit;
  if (state.itemSelector === undefined) return item.value;
  const bindings = bindingsOf({
    ...visit,
    frame: { ...frame, context: { ...frame.context, Map: map } },
  });
  return payload(await state.itemSelector(bindings), `${state.path}.ItemSelector`);
}

/** An item in the same execution: it reads the variables around it and assigns its own. */
function inlineFrame({ frame, state }: MapVisit, path: string, map: Json): Frame {
  return {
    ...frame,
    scope: state.processor,
    prefix: `${path}/`,
    outerVariables: { ...frame.outerVariables, ...frame.variables },
    variables: {},
    context: { ...frame.context, Map: map },
  };
}

/** An item as an execution of its own: nothing of the outer one is visible but its input. */
function distributedFrame({ frame, state }: MapVisit, path: string, input: Json): Frame {
  const { engine } = frame;
  const execution = {
    Name: `${engine.execution}:${path}`,
    StartTime: instant(engine.waits.now()),
    Input: input,
  };
  return {
    ...frame,
    scope: state.processor,
    prefix: `${path}/`,
    outerVariables: {},
    variables: {},
    context: { Execution: execution },
  };
}

/** AWS: a distributed map tolerates no failed item by default, and reports it by this name. */
function thresholdExceeded(path: string, error: StateError): StateError {
  return new StateError(
    'States.ExceedToleratedFailureThreshold',
    `${path} failed with ${error.name}: ${error.message}`,
  );
}

async function itemsOf(visit: MapVisit): Promise<readonly Json[]> {
  const items = await visit.state.items(bindingsOf(visit));
  if (Array.isArray(items)) return items as readonly Json[];
  throw new StateError(
    'States.QueryEvaluationError',
    `${visit.state.path}.Items: got ${show(items)}; expected an array, as in [$map(…)]`,
  );
}

async function concurrencyOf(visit: MapVisit): Promise<number> {
  const value = (await visit.state.maxConcurrency?.(bindingsOf(visit))) ?? 0;
  if (Number.isInteger(value) && Number(value) >= 0) {
    return Math.min(Number(value) === 0 ? CONCURRENCY_LIMIT : Number(value), CONCURRENCY_LIMIT);
  }
  throw new StateError(
    'States.QueryEvaluationError',
    `${visit.state.path}.MaxConcurrency: got ${show(value)}; expected an integer of at least 0`,
  );
}
