import type { Rate, UsageFamily } from './rate.ts';
import { REGION_OF_PREFIX } from './regions.ts';
import { readClassic } from './usage-classic.ts';
import { readMantle } from './usage-mantle.ts';
import { readCamel, readMarketplaceOther, readSnake } from './usage-marketplace.ts';
import { readGrounding, readGuardrail, readMedia } from './usage-media.ts';
import { readSetAside } from './usage-set-aside.ts';

/** A usage type read whole, or why it is of no use. Nothing in between. */
export type UsageTypeReading =
  | { readonly kind: 'rate'; readonly region: string; readonly rate: Rate }
  | { readonly kind: 'set aside'; readonly region: string; readonly reason: string }
  | { readonly kind: 'fault'; readonly reason: string; readonly detail: string };

/** Every family of usage types. No text belongs to two. */
export const USAGE_FAMILIES: Readonly<Record<string, UsageFamily>> = {
  classic: readClassic,
  mantle: readMantle,
  camel: readCamel,
  snake: readSnake,
  marketplaceOther: readMarketplaceOther,
  guardrail: readGuardrail,
  media: readMedia,
  grounding: readGrounding,
  setAside: readSetAside,
};

const PREFIXED = /^(?<prefix>[A-Z]{2,3}[0-9]?)-(?<body>[\x21-\x7e]+)$/;

/**
 * Reads a usage type from its first to its last character. What is not understood makes it unusable;
 * it is never taken for the standard rate.
 */
export function readUsageType(usageType: string): UsageTypeReading {
  const { prefix = '', body = '' } = PREFIXED.exec(usageType)?.groups ?? {};
  if (prefix === '') return fault('usage type not understood', `got ${clip(usageType)}`);
  const region = REGION_OF_PREFIX.get(prefix);
  if (region === undefined) return fault('Region prefix unknown', `got ${prefix}`);
  const readings = Object.values(USAGE_FAMILIES).flatMap((family) => family(body) ?? []);
  const [reading] = readings;
  if (reading === undefined || readings.length > 1) {
    const families = readings.length === 0 ? '' : `, read by ${readings.length} families`;
    return fault('usage type not understood', `got ${clip(usageType)}${families}`);
  }
  if (reading.kind === 'set aside') return { ...reading, region };
  const { innerPrefix } = reading.rate;
  if (innerPrefix !== null && innerPrefix !== prefix) {
    return fault('Region prefixes differ', `got ${prefix} and ${innerPrefix}`);
  }
  return { ...reading, region };
}

function fault(reason: string, detail: string): UsageTypeReading {
  return { kind: 'fault', reason, detail };
}

function clip(text: string): string {
  return text.length > 120 ? `${text.slice(0, 120)}…` : text;
}
