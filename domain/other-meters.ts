/** Quantities of a call that are not tokens: meter → whole units. */
export type OtherMeters = Readonly<Record<string, number>>;

/** More of them than this no call has: eight of a guardrail, and what its model is sold by. */
export const OTHER_METERS_MAX = 10;

/**
 * Meters of guardrails → their names on a usage line, which has no room for long ones. In events,
 * in the lake and in price books they have their full names.
 */
const LINE_NAMES: ReadonlyMap<string, string> = new Map([
  ['guardrail_topic_unit', 'g_topic'],
  ['guardrail_content_unit', 'g_content'],
  ['guardrail_content_image', 'g_image'],
  ['guardrail_word_unit', 'g_word'],
  ['guardrail_sensitive_information_unit', 'g_sensitive'],
  ['guardrail_contextual_grounding_unit', 'g_grounding'],
  ['guardrail_automated_reasoning_unit', 'g_reasoning'],
  ['guardrail_unknown_unit', 'g_unknown'],
  ['untold_unit', 'u'],
]);
/** Stands for meters that a line has no room for: their call is counted, and waits for a price. */
export const UNTOLD: OtherMeters = { untold_unit: 1 };
const FULL_NAMES: ReadonlyMap<string, string> = new Map(
  [...LINE_NAMES].map(([full, short]) => [short, full]),
);

/** As a usage line has them; undefined where one bears the line name of another. */
export function namedForLine(other: OtherMeters): OtherMeters | undefined {
  for (const meter in other) if (FULL_NAMES.has(meter)) return undefined;
  return renamed(other, LINE_NAMES);
}

/** As events have them; undefined where a line names one twice, in full and short. */
export function namedInFull(other: OtherMeters): OtherMeters | undefined {
  return renamed(other, FULL_NAMES);
}

/** The same object where nothing has another name; undefined where two would have one. */
function renamed(other: OtherMeters, names: ReadonlyMap<string, string>): OtherMeters | undefined {
  const meters = Object.entries(other);
  if (!meters.some(([meter]) => names.has(meter))) return other;
  const named = Object.fromEntries(meters.map(([meter, n]) => [names.get(meter) ?? meter, n]));
  return Object.keys(named).length === meters.length ? named : undefined;
}

/** The meters of two parts of a call together. */
export function sumOther(left: OtherMeters, right: OtherMeters): OtherMeters {
  const sum = { ...left };
  for (const [meter, units] of Object.entries(right)) sum[meter] = (sum[meter] ?? 0) + units;
  return sum;
}
