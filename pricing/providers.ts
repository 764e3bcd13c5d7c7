/**
 * Providers that model ids begin with, and prefixes of cross-Region profiles. A prefix is cut off only
 * if both are known: everything before the first dot may as well belong to the id.
 *
 * Source: facts/bedrock-prices.md, section 10; providers as in pricing/model-aliases.ts and
 * aws-cdk-lib 2.276.0, FoundationModelIdentifier.
 */
export const PROVIDERS: ReadonlySet<string> = new Set([
  ...['ai21', 'amazon', 'anthropic', 'cohere', 'deepseek', 'google', 'luma', 'meta', 'minimax'],
  ...['mistral', 'moonshot', 'moonshotai', 'nvidia', 'openai', 'qwen', 'stability', 'twelvelabs'],
  ...['writer', 'xai', 'zai'],
]);

/** Prefixes of profiles that stay in one geography. */
export const GEO_PREFIXES: ReadonlySet<string> = new Set([
  ...['us', 'eu', 'apac', 'au', 'jp', 'in', 'us-gov'],
]);
