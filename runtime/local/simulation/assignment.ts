import { NO_TOKENS } from '../../../domain/meters.ts';
import type { TokenUsage } from '../../../domain/meters.ts';
import type { ModelFailure } from '../../../domain/model-call.ts';
import { createSeededRandom } from './random.ts';
import type { TraceRow } from './trace.ts';

/**
 * Who made a recorded request, to which model, and what went wrong: the traces do not say, so a seeded
 * rule does. `docs/simulation.md` states it; change both together.
 */

/** A tenant of the replay. */
export interface SimulatedTenant {
  readonly name: string;
  readonly costCenter: string;
  /** Share of the calls. */
  readonly weight: number;
  readonly projects: readonly string[];
  readonly models: readonly (readonly [string, number])[];
}

const NOVA_2_LITE = 'amazon.nova-2-lite-v1:0';
const OPUS = 'anthropic.claude-opus-5-5';

export const TENANTS: readonly SimulatedTenant[] = [
  {
    name: 'checkout',
    costCenter: 'retail',
    weight: 34,
    projects: ['assistant', 'search'],
    models: [
      [NOVA_2_LITE, 5],
      ['us.anthropic.claude-sonnet-4-6', 3],
      ['us.amazon.nova-pro-v1:0', 2],
    ],
  },
  {
    name: 'support',
    costCenter: 'service',
    weight: 27,
    projects: ['chat'],
    models: [
      [`us.${OPUS}`, 2],
      [`global.${NOVA_2_LITE}`, 4],
      ['global.anthropic.claude-haiku-4-5-20251001-v1:0', 4],
    ],
  },
  {
    name: 'platform',
    costCenter: 'engineering',
    weight: 24,
    projects: ['review', 'completion'],
    models: [
      [OPUS, 4],
      ['openai.gpt-oss-120b-1:0', 4],
      ['amazon.nova-micro-v1:0', 2],
    ],
  },
  {
    name: 'research',
    costCenter: 'engineering',
    weight: 15,
    projects: ['evaluation'],
    models: [
      ['global.anthropic.claude-sonnet-4-6', 4],
      ['meta.llama3-3-70b-instruct-v1:0', 4],
      [NOVA_2_LITE, 2],
    ],
  },
];

/** Models whose every cache meter has a price in the recorded pages, regional and geo alike. */
const CACHING: ReadonlySet<string> = new Set([NOVA_2_LITE, OPUS, `us.${OPUS}`]);
/** What a call goes to that reads or writes a cache, if its tenant's own model has no cache price. */
const CACHING_MODEL = NOVA_2_LITE;
/** A model that no recorded page prices, to show what waiting for a price looks like. */
export const UNPRICED_MODEL = 'amazon.nova-sonic-preview-v0:1';

/** What happens to the records of a call after the model has answered. */
export type RecordFault = 'line_twice' | 'line_lost' | 'settle_lost';

export interface Assignment {
  readonly tenant: number;
  readonly model: string;
  readonly project: string;
  readonly stream: boolean;
  readonly usage: TokenUsage;
  readonly firstByteMs: number;
  readonly generateMs: number;
  readonly failure: ModelFailure | null;
  /** The model ends without saying what was used. */
  readonly silent: boolean;
  readonly record: RecordFault | null;
}

type CacheUsage = (row: TraceRow, tenant: string) => TokenUsage;

const FAULTS = {
  unpriced: 0.004,
  cache: 0.35,
  throttled: 0.004,
  upstream_error: 0.002,
  cut: 0.003,
  silent: 0.0004,
  line_twice: 0.001,
  line_lost: 0.0006,
  settle_lost: 0.0008,
} as const;

/** Assigns rows one by one, in order. Each question draws from a stream of its own. */
export function createAssignment(seed: string, faults: boolean, cacheUsage: CacheUsage) {
  const draw = (label: string) => createSeededRandom(seed, `assignment/${label}`);
  const [tenants, models, projects] = [draw('tenant'), draw('model'), draw('project')];
  const [times, modes, cache, faultDraw] = [
    draw('time'),
    draw('stream'),
    draw('cache'),
    draw('fault'),
  ];

  return (row: TraceRow): Assignment => {
    const tenant = tenants.pick(TENANTS.map((one, index) => [index, one.weight] as const));
    const who = TENANTS[tenant] as SimulatedTenant;
    const drawn = models.pick(who.models);
    const project = projects.pick(who.projects.map((name) => [name, 1] as const));
    const [mayCache, part] = [cache.unit(), cache.unit()];
    const model = row.blocks !== null && !CACHING.has(drawn) ? CACHING_MODEL : drawn;
    const base = plainUsage(row);
    const cached = faults && CACHING.has(model) && mayCache < FAULTS.cache;
    const usage = row.blocks ? cacheUsage(row, who.name) : cached ? split(base, part) : base;
    const answer = {
      ...{ tenant, model, project, usage, stream: modes.unit() < 0.7 },
      firstByteMs: 120 + Math.floor(times.unit() * 600),
      generateMs: Math.floor(row.outputTokens * (6 + times.unit() * 14)),
    };
    return { ...answer, ...(faults ? faultOf(faultDraw.unit(), answer) : NO_FAULT) };
  };
}

function plainUsage(row: TraceRow): TokenUsage {
  return { ...NO_TOKENS, input: row.inputTokens, output: row.outputTokens };
}

/** Half of the cached calls read a part of their prompt, half of them write one. */
function split(usage: TokenUsage, part: number): TokenUsage {
  const share = Math.floor(usage.input * (part % 0.5) * 2);
  const input = usage.input - share;
  return part < 0.5
    ? { ...usage, input, cache_read: share }
    : { ...usage, input, cache_write_5m: share };
}

type Fault = Pick<Assignment, 'failure' | 'silent' | 'record'> & { readonly model?: string };

const NO_FAULT: Fault = { failure: null, silent: false, record: null };

/** At most one fault a call, by where one draw falls. */
function faultOf(draw: number, { usage }: { readonly usage: TokenUsage }): Fault {
  let from = 0;
  const falls = (share: number) => {
    const hit = draw >= from && draw < from + share;
    from += share;
    return hit;
  };
  const cachesNothing = usage.cache_read + usage.cache_write_5m === 0;
  if (falls(FAULTS.unpriced) && cachesNothing) return { ...NO_FAULT, model: UNPRICED_MODEL };
  if (falls(FAULTS.throttled)) return { ...NO_FAULT, failure: 'throttled' };
  if (falls(FAULTS.upstream_error)) return { ...NO_FAULT, failure: 'upstream_error' };
  if (falls(FAULTS.cut)) return { ...NO_FAULT, failure: 'cut' };
  if (falls(FAULTS.silent)) return { ...NO_FAULT, silent: true };
  if (falls(FAULTS.line_twice)) return { ...NO_FAULT, record: 'line_twice' };
  if (falls(FAULTS.line_lost)) return { ...NO_FAULT, record: 'line_lost' };
  if (falls(FAULTS.settle_lost)) return { ...NO_FAULT, record: 'settle_lost' };
  return NO_FAULT;
}
