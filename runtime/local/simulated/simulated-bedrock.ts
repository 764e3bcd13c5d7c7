import type { ConverseRequest } from '../../../domain/converse.ts';
import { NO_TOKENS, TOKEN_METERS } from '../../../domain/meters.ts';
import type { TokenMeter, TokenUsage } from '../../../domain/meters.ts';
import { ModelError } from '../../../domain/model-call.ts';
import type {
  InvokeCall,
  ModelCall,
  ModelEnd,
  ModelEvent,
  ModelFailure,
} from '../../../domain/model-call.ts';
import type { Clock, ModelClient } from '../../../handlers/ports.ts';
import { simulatedGuardrail, sumPolicies } from './simulated-guardrail.ts';
import type { PolicyUnits, SimulatedGuardrail } from './simulated-guardrail.ts';
import { simulatedEmbeddings } from './simulated-embeddings.ts';

/** How the simulated model answers one call. */
export interface SimulatedAnswer {
  readonly usage: TokenUsage;
  /** Until the first text, and from there to the end. */
  readonly firstByteMs: number;
  readonly generateMs: number;
  /** What it says, in order: chunks of text, or whatever else a model can say but its end. */
  readonly text: readonly (string | Exclude<ModelEvent, ModelEnd>)[];
  /** How it ends. @default `end_turn`, served as standard, without details */
  readonly end?: Partial<Omit<ModelEnd, 'type' | 'usage' | 'upstreamId'>>;
  /** Fails instead of ending; `cut` after half of its text, having used half of its output. */
  readonly failure?: ModelFailure;
  /** Ends without saying what was used. */
  readonly silent?: true;
}

/** What the simulated service itself saw: nobody can meter more or less than this. */
export interface SimulatedCounts {
  readonly calls: number;
  /** Calls whose usage it reported to nobody. */
  readonly silent: number;
  readonly tokens: Readonly<Record<TokenMeter, number>>;
  /** Units of guardrails, per policy; empty where none was applied. */
  readonly guardrail: PolicyUnits;
}

export interface SimulatedBedrock extends ModelClient {
  counts(): SimulatedCounts;
}

interface SimulatedBedrockOptions {
  readonly clock: Clock;
  /** Decides the answer; by default from the text of the call alone. */
  readonly answer?: (call: ModelCall) => SimulatedAnswer;
}

/** A Bedrock without a model: it counts every call and token itself. */
export function createSimulatedBedrock(options: SimulatedBedrockOptions): SimulatedBedrock {
  const { clock, answer = echoAnswer } = options;
  const tokens: Record<TokenMeter, number> = { ...NO_TOKENS };
  let [calls, silent] = [0, 0];
  let guardrail: PolicyUnits = {};

  function use(usage: TokenUsage, guarded: SimulatedGuardrail | undefined): void {
    for (const meter of TOKEN_METERS) tokens[meter] += usage[meter];
    if (guarded) guardrail = sumPolicies(guardrail, guarded.counted);
  }

  async function* invoke(call: ModelCall): AsyncGenerator<ModelEvent> {
    const number = (calls += 1);
    const upstreamId = `sim-${number.toString().padStart(10, '0')}`;
    const plan = answer(call);
    await clock.sleep(plan.firstByteMs);
    if (plan.failure !== undefined && plan.failure !== 'cut') {
      throw new ModelError(plan.failure, `simulated: ${plan.failure}`, { upstreamId });
    }
    const cut = plan.failure === 'cut';
    const text = cut ? plan.text.slice(0, plan.text.length >> 1) : plan.text;
    const said: ModelEvent[] = [];
    const pauseMs = Math.floor(plan.generateMs / Math.max(1, text.length));
    for (const chunk of text) {
      const event: ModelEvent = typeof chunk === 'string' ? { type: 'text', text: chunk } : chunk;
      said.push(event);
      yield event;
      // A timer takes a millisecond at least: words that come all at once must not take one each.
      if (plan.generateMs > 0) await clock.sleep(pauseMs);
    }
    const usage = cut ? { ...plan.usage, output: plan.usage.output >> 1 } : plan.usage;
    const guarded = simulatedGuardrail(call, inputTokens(call) * CHARACTERS_PER_TOKEN, said);
    if (plan.silent === true) silent += 1;
    else use(usage, guarded);
    const known = plan.silent === true ? null : usage;
    if (cut) {
      const other = known && guarded ? guarded.units : null;
      const used = { upstreamId, usage: known, other };
      throw new ModelError('cut', 'simulated: the stream broke', used);
    }
    const served = { tier: 'standard', latencyClass: 'standard' } as const;
    const told = guarded && { other: guarded.units, details: { trace: guarded.trace } };
    const end = { stopReason: 'end_turn', ...served, ...told, ...plan.end } as const;
    yield { type: 'end', ...end, usage: known, upstreamId };
  }

  // Counting is free: it is neither a call nor tokens.
  const countTokens = (call: ModelCall) => Promise.resolve(inputTokens(call));
  return {
    invoke,
    countTokens,
    counts: () => ({ calls, silent, tokens: { ...tokens }, guardrail }),
  };
}

const REPLY =
  'This is the simulated Bedrock of Tollbook. It has no model behind it, but it counts every token, ' +
  'and what it counts is what you are billed for.';
const CHARACTERS_PER_TOKEN = 4;

/** Says one sentence, whatever it is asked; tokens are characters / 4, rounded up. */
export function echoAnswer(call: ModelCall): SimulatedAnswer {
  const vectors = call.kind === 'invoke' ? simulatedEmbeddings(call) : undefined;
  if (vectors) {
    const type = 'body' as const;
    const bodies = vectors.map((bytes) => ({ type, bytes, contentType: 'application/json' }));
    const usage = { ...NO_TOKENS, input: inputTokens(call) };
    return { usage, firstByteMs: 40, generateMs: 0, text: bodies };
  }
  const words = REPLY.split(/(?<= )/);
  const output = Math.min(
    call.maxTokens ?? Infinity,
    Math.ceil(REPLY.length / CHARACTERS_PER_TOKEN),
  );
  const shown = Math.ceil((words.length * output * CHARACTERS_PER_TOKEN) / REPLY.length);
  return {
    usage: { ...NO_TOKENS, input: inputTokens(call), output },
    firstByteMs: 40,
    generateMs: 400,
    text: call.kind === 'converse' ? words.slice(0, shown) : bodiesOf(call, words.slice(0, shown)),
  };
}

/** A body's own format is nobody's here: an object that holds the words, whole or one by one. */
function bodiesOf({ bodies, stream }: InvokeCall, words: readonly string[]) {
  const encode = (completion: string) => new TextEncoder().encode(JSON.stringify({ completion }));
  if (stream) return words.map((word) => ({ type: 'chunk', bytes: encode(word) }) as const);
  const reply = { type: 'body', bytes: encode(words.join('')), contentType: 'application/json' };
  return bodies.map(() => ({ ...reply, type: 'body' as const }));
}

/** Tokens of a call's input, as this model counts them. */
export function inputTokens(call: ModelCall): number {
  const asked = call.kind === 'converse' ? promptOf(call.request).length : bytesOf(call);
  return Math.ceil(asked / CHARACTERS_PER_TOKEN);
}

function promptOf({ messages, system = [] }: ConverseRequest): string {
  return [...system, ...messages.flatMap(({ content }) => content)]
    .map(({ text }) => text ?? '')
    .join('');
}

function bytesOf({ bodies }: InvokeCall): number {
  return bodies.reduce((sum, { length }) => sum + length, 0);
}
