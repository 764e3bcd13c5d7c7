import { join } from 'node:path';
import { EVENT_ID_RANDOM_BYTES, mintEventId } from '../domain/event-id.ts';
import { HOUR_MS } from '../domain/instant.ts';
import { NO_TOKENS, TOKEN_METERS } from '../domain/meters.ts';
import type { TokenUsage } from '../domain/meters.ts';
import { formatUsd, picoUsd } from '../domain/money.ts';
import type { PicoUsd } from '../domain/money.ts';
import type { PricedAs, UsageEvent } from '../domain/usage-event.ts';
import { contextOf } from '../pricing/long-context.ts';
import { parseModelId } from '../pricing/model-id.ts';
import type { PriceIndex } from '../pricing/price-index.ts';
import { CHECKOUT } from '../runtime/local/metering-ports.ts';
import { TENANTS, createAssignment } from '../runtime/local/simulation/assignment.ts';
import type { Assignment } from '../runtime/local/simulation/assignment.ts';
import { createSeededRandom } from '../runtime/local/simulation/random.ts';
import { readTraces } from '../runtime/local/simulation/trace.ts';
import type { TraceRow } from '../runtime/local/simulation/trace.ts';

/** The first window of the invented day. */
export const START_MS = Date.UTC(2026, 1, 3);
const REGION = 'us-east-1';
/** Share of the calls that read or write a prompt cache. */
const CACHED = 0.2;

/** Whom a key belongs to. */
export interface KeyHolder {
  readonly tenant: string;
  readonly costCenter: string | null;
  readonly keyId: string;
  readonly project: string;
}

/** One call of the day. */
export interface Call {
  readonly event: UsageEvent;
}

/** What metering must come to. */
export interface Expected {
  readonly rows: number;
  readonly cost_pusd: string;
  readonly tokens: Readonly<Record<string, string>>;
}

interface CallSources {
  readonly seed: string;
  /** By `tenant index/project`. */
  readonly keys: ReadonlyMap<string, KeyHolder>;
  readonly prices: PriceIndex;
}

/** Invents calls: sizes from the recorded traces, tenants and models by the replay's own rule. */
export function createCalls({ seed, keys, prices }: CallSources) {
  const traces = join(CHECKOUT, 'fixtures', 'traces');
  const sizes = readTraces([
    join(traces, 'AzureLLMInferenceTrace_code.csv'),
    join(traces, 'AzureLLMInferenceTrace_conv.csv'),
  ]);
  const draw = createSeededRandom(seed, 'bench/sizes');
  const cache = createSeededRandom(seed, 'bench/cache');
  const ids = createSeededRandom(seed, 'bench/ids');
  const assign = createAssignment(seed, false, (row) => cacheUsage(row, cache.unit()));

  function callAt(admittedMs: number): Call {
    const size = sizes[Math.floor(draw.unit() * sizes.length)] as TraceRow;
    const row = { ...size, atMs: admittedMs, blocks: draw.unit() < CACHED ? [] : null };
    const assignment = assign(row);
    const holder = keys.get(`${assignment.tenant}/${assignment.project}`);
    if (!holder) throw new Error(`calls: no key for ${String(TENANTS[assignment.tenant]?.name)}`);
    const id = mintEventId(admittedMs, ids.bytes(EVENT_ID_RANDOM_BYTES));
    const upstreamId = uuidOf(ids.bytes(16));
    return { event: eventOf({ id, upstreamId, admittedMs, assignment, holder, prices }) };
  }

  return {
    /** The calls admitted in the hour from `startMs`, by instant. */
    ofWindow(startMs: number, count: number): Call[] {
      const instants = Array.from({ length: count }, () => Math.floor(draw.unit() * HOUR_MS));
      const calls = instants.map((at) => callAt(startMs + at));
      return calls.sort((a, b) => (a.event.id < b.event.id ? -1 : 1));
    },
  };
}

/** A part of the prompt is read from a cache, or written to one. */
function cacheUsage(row: TraceRow, part: number): TokenUsage {
  const share = Math.floor(row.inputTokens * (part % 0.5) * 2);
  const meter = part < 0.5 ? 'cache_read' : 'cache_write_5m';
  const rest = { input: row.inputTokens - share, output: row.outputTokens };
  return { ...NO_TOKENS, ...rest, [meter]: share };
}

/** What Bedrock calls a request: nothing in it can be compressed. */
function uuidOf(bytes: Uint8Array): string {
  const hex = Buffer.from(bytes).toString('hex');
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    hex.slice(12, 16),
    hex.slice(16, 20),
    hex.slice(20),
  ].join('-');
}

interface CallFacts {
  readonly id: string;
  readonly upstreamId: string;
  readonly admittedMs: number;
  readonly assignment: Assignment;
  readonly holder: KeyHolder;
  readonly prices: PriceIndex;
}

function eventOf(facts: CallFacts): UsageEvent {
  const { id, upstreamId, admittedMs, assignment, holder, prices } = facts;
  const { model: modelRequested, usage, stream, firstByteMs, generateMs } = assignment;
  const { model, scope } = parseModelId(modelRequested);
  const { input, cache_read, cache_write_5m, output } = usage;
  const inputTotal = input + cache_read + cache_write_5m;
  const pricedAs: PricedAs = {
    ...{ model: model ?? modelRequested, scope, region: REGION },
    ...{ tier: 'standard', mode: 'on_demand', latency_class: 'standard' },
    context: contextOf(model ?? modelRequested, inputTotal, admittedMs),
  };
  const latencyMs = firstByteMs + generateMs;
  return {
    ...pricedAs,
    ...{ id, attempt: 1, admitted_ms: admittedMs, settled_ms: admittedMs + latencyMs },
    ...{ tenant: holder.tenant, cost_center: holder.costCenter },
    ...{ key: holder.keyId, project: holder.project, api: 'replay' },
    ...{ model_requested: modelRequested, stream, outcome: 'ok', status: 200 },
    ...{ latency_ms: latencyMs, first_byte_ms: firstByteMs },
    ...usage,
    ...{ other: {}, usage_source: 'reported' },
    reserved: heldFor(prices, pricedAs, { inputTotal, output, admittedMs }),
    upstream_id: upstreamId,
  };
}

/** More than the call costs, as a reservation is. */
function heldFor(
  { priceInForce }: PriceIndex,
  pricedAs: PricedAs,
  size: { readonly inputTotal: number; readonly output: number; readonly admittedMs: number },
): PicoUsd {
  const rate = (meter: string) =>
    priceInForce({ ...pricedAs, meter }, size.admittedMs)?.price ?? 0n;
  const [input, output] = [rate('input'), rate('output')];
  return picoUsd(BigInt(size.inputTotal * 6 + 32) * input + BigInt(size.output + 1) * output);
}

/** Adds up what metering must come to, from the price book alone and without the rating's code. */
export function createOracle({ book }: PriceIndex) {
  const unitPrices = new Map<string, bigint>();
  for (const { model, scope, region, context, meter, price, ...entry } of book.entries) {
    const plain = entry.tier === 'standard' && entry.mode === 'on_demand';
    if (!plain || entry.latency_class !== 'standard') continue;
    unitPrices.set(`${model} ${scope} ${region} ${context} ${meter}`, price);
  }
  const tokens: Record<string, bigint> = {};
  let [rows, cost] = [0, 0n];
  return {
    add(event: UsageEvent): void {
      rows += 1;
      const scope = event.scope === 'global' ? 'global' : 'regional';
      for (const meter of TOKEN_METERS) {
        const quantity = BigInt(event[meter]);
        tokens[meter] = (tokens[meter] ?? 0n) + quantity;
        if (quantity === 0n) continue;
        const price = unitPrices.get(
          `${event.model} ${scope} ${event.region} ${event.context} ${meter}`,
        );
        if (price === undefined) throw new Error(`bench: no price of ${event.model} for ${meter}`);
        cost += quantity * price;
      }
    },
    expected: (): Expected => {
      const texts = Object.entries(tokens).map(([meter, sum]) => [meter, String(sum)]);
      return {
        ...{ rows, cost_pusd: String(cost) },
        tokens: Object.fromEntries(texts) as Record<string, string>,
      };
    },
  };
}

/** Decimal USD per thousand tokens by requested model and meter: what the ancestor's price file holds. */
export function priceListOf(prices: PriceIndex): Record<string, Record<string, string>> {
  const models = TENANTS.flatMap((tenant) => tenant.models.map(([model]) => model));
  const list: Record<string, Record<string, string>> = {};
  for (const requested of models) {
    const { model, scope } = parseModelId(requested);
    if (model === null) continue;
    const plain = { tier: 'standard', mode: 'on_demand', latency_class: 'standard' } as const;
    const key = { ...plain, model, scope, region: REGION, context: 'base' } as const;
    const rates = TOKEN_METERS.flatMap((meter) => {
      const entry = prices.priceInForce({ ...key, meter }, START_MS);
      return entry ? [[meter, formatUsd(entry.price * 1000n)] as const] : [];
    });
    list[requested] = Object.fromEntries(rates);
  }
  return list;
}
