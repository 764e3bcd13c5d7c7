import type { TokenMeter, TokenUsage } from './meters.ts';
import { TOKEN_METERS } from './meters.ts';
import { USAGE_LINE_MARKER } from './usage-line.ts';

/**
 * What any reader can see in a line without trusting it: digits after a field's name, first match
 * wins. Logs Insights reads lines this way (`parse @message /…/`), so control totals can be compared
 * over every line, usable or not. Twelve digits at most: a double keeps the sum of nine thousand of
 * them whole, so that no hostile line can blur a control total.
 */
const ADMITTED = /"admitted_ms":([1-9]\d{12})[,}]/;
const RAW_METERS = Object.fromEntries(
  TOKEN_METERS.map((meter) => [meter, new RegExp(`"${meter}":(\\d{1,12})[,}]`)]),
) as Readonly<Record<TokenMeter, RegExp>>;

/** Does the line claim to be a usage line? Others are foreign. */
export function hasMarker(line: string): boolean {
  return line.includes(USAGE_LINE_MARKER);
}

/** The instant of admission as it stands in the line, or null if none can be read. */
export function rawAdmittedMs(line: string): number | null {
  const match = ADMITTED.exec(line);
  return match ? Number(match[1]) : null;
}

/** The token counts as they stand in the line; what cannot be read is 0. */
export function rawTokens(line: string): TokenUsage {
  const tokens = {} as Record<TokenMeter, number>;
  for (const meter of TOKEN_METERS) tokens[meter] = Number(RAW_METERS[meter].exec(line)?.[1] ?? 0);
  return tokens;
}
