/**
 * Above how many input tokens a request pays the long-context rate. The price list gives the rates, not
 * the threshold. Dated and appended, never overwritten: a change is a new line with a later `from`.
 *
 * Columns: model id; input tokens that still pay the base rate (null: no surcharge any more); instant
 * from which the line holds (null: ever since); source.
 */
export type ThresholdLine = readonly [
  model: string,
  baseTokensMax: number | null,
  from: string | null,
  source: string,
];

const FACTS = 'facts/bedrock-prices.md, section 8';
/** Its offer sells long-context rows for this model too (section 2); same threshold as Sonnet 4. */
const SECTION_2 = 'facts/bedrock-prices.md, sections 2 and 8';

export const LONG_CONTEXT_THRESHOLDS: readonly ThresholdLine[] = [
  ['anthropic.claude-sonnet-4-20250514-v1:0', 200_000, null, FACTS],
  ['anthropic.claude-sonnet-4-5-20250929-v1:0', 200_000, null, SECTION_2],
  ['openai.gpt-5.4', 272_000, null, FACTS],
  ['openai.gpt-5.5', 272_000, null, FACTS],
  ['openai.gpt-5.6-cyber', 272_000, null, FACTS],
  ['openai.gpt-5.6-luna', 272_000, null, FACTS],
  ['openai.gpt-5.6-sol', 272_000, null, FACTS],
  ['openai.gpt-5.6-terra', 272_000, null, FACTS],
  ['openai.gpt-6-astra', 272_000, null, FACTS],
  ['openai.gpt-6-luna', 272_000, null, FACTS],
  ['openai.gpt-6-sol', 272_000, null, FACTS],
  ['openai.gpt-6.1-sol', 272_000, null, FACTS],
];
