import type { ParseArgsOptionsConfig } from 'node:util';
import type { PricedAs } from '../../../domain/usage-event.ts';
import { CONTEXTS, LATENCY_CLASSES, MODES, SCOPES, TIERS } from '../../../domain/usage-event.ts';
import { parseModelId } from '../../../pricing/model-id.ts';
import type { ModelId } from '../../../pricing/model-id.ts';
import type { BookSource } from '../book-source.ts';
import { UsageError, instantOf, optional, required } from './command.ts';
import type { Options } from './command.ts';

/** Which book: options of every command that reads one. */
export const BOOK_OPTIONS = {
  book: { type: 'string' },
  data: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

/** What a price is for. */
export const KEY_OPTIONS = {
  model: { type: 'string' },
  region: { type: 'string' },
  scope: { type: 'string' },
  meter: { type: 'string' },
  tier: { type: 'string' },
  mode: { type: 'string' },
  latency: { type: 'string' },
  context: { type: 'string' },
} as const satisfies ParseArgsOptionsConfig;

export interface AskedKey {
  readonly key: PricedAs & { readonly meter: string };
  readonly id: ModelId;
}

/** Reads the options of a key; what is left out is plain: standard, on demand, base. */
export function keyOf(values: Options): AskedKey {
  const model = required(values, 'model');
  const id = parseModelId(model);
  const region = regionOf(values, id);
  if (region === undefined) throw new UsageError('--region is missing');
  const key = {
    // What the id hides is priced, if at all, under the id as it stands.
    model: id.model ?? model,
    region,
    scope: scopeOf(values, id),
    tier: word(values, 'tier', TIERS) ?? 'standard',
    mode: word(values, 'mode', MODES) ?? 'on_demand',
    latency_class: word(values, 'latency', LATENCY_CLASSES) ?? 'standard',
    context: word(values, 'context', CONTEXTS) ?? 'base',
    meter: spelt(required(values, 'meter')),
  } as const;
  return { key, id };
}

/** Which book the options name. @throws UsageError if they name two. */
export function sourceOf(values: Options): BookSource {
  const source = { book: optional(values, 'book'), data: optional(values, 'data') };
  if (source.book === undefined || source.data === undefined) return source;
  throw new UsageError('got --book and --data, expected one of them');
}

/** The Region that is called. An ARN says it itself. */
export function regionOf(values: Options, { region }: ModelId): string | undefined {
  const asked = optional(values, 'region');
  if (asked === undefined || region === undefined || asked === region) return asked ?? region;
  throw new UsageError(`--region: got ${asked}, expected that of the ARN, ${region}`);
}

/** A profile says its scope itself; a global one is never asked for at another scope's price. */
function scopeOf(values: Options, id: ModelId): PricedAs['scope'] {
  const asked = word(values, 'scope', SCOPES);
  const profile = id.kind === 'inference_profile';
  if (asked === undefined) return id.scope;
  if (profile && (asked === 'global') !== (id.scope === 'global')) {
    throw new UsageError(`--scope: got ${asked}, expected that of the profile, ${id.scope}`);
  }
  return asked;
}

function word<Word extends string>(
  values: Options,
  name: string,
  words: readonly Word[],
): Word | undefined {
  const given = optional(values, name);
  if (given === undefined) return undefined;
  const found = words.find((each) => each === spelt(given));
  if (found === undefined) {
    throw new UsageError(`--${name}: got ${given}, expected one of ${words.join(', ')}`);
  }
  return found;
}

/** `on-demand` and `cache-read` are how people type. */
function spelt(text: string): string {
  return text.toLowerCase().replaceAll('-', '_');
}

/** The instant that is asked about; now if none is. */
export function atOf(values: Options): number {
  const at = optional(values, 'at');
  return at === undefined ? Date.now() : instantOf(at, 'at');
}
