import { usageOf } from './reported-usage.ts';
import type { InvokeCounts } from './reported-usage.ts';
import type { TokenUsage } from './meters.ts';

type Fields = Readonly<Record<string, unknown>>;

/**
 * Counts in the bodies that families of models answer InvokeModel with, for where Bedrock says nothing
 * beside the body. Formats that count cached tokens into the prompt are split here and nowhere else.
 */
export function usageInBody(body: unknown): TokenUsage | null {
  if (!isFields(body)) return null;
  const { usage } = body;
  const counts = isFields(usage) ? countsOfUsage(usage) : countsOfBody(body);
  return counts && usageOf(counts);
}

/** How much of a cache write lives an hour: Anthropic's bodies tell, Bedrock's headers do not. */
export function hourWriteInBody(body: unknown): unknown {
  const message = isFields(body) && isFields(body['message']) ? body['message'] : body;
  const usage = isFields(message) ? message['usage'] : undefined;
  const creation = isFields(usage) ? usage['cache_creation'] : undefined;
  return isFields(creation) ? creation['ephemeral_1h_input_tokens'] : undefined;
}

function countsOfUsage(usage: Fields): InvokeCounts | null {
  // Nova: Converse's words, with names of its own for caches.
  if ('inputTokens' in usage) {
    const { inputTokens: input, outputTokens: output } = usage;
    const cacheRead = usage['cacheReadInputTokenCount'];
    return { input, output, cacheRead, cacheWrite: usage['cacheWriteInputTokenCount'] };
  }
  // Anthropic: the prompt's count leaves out what a cache held or took.
  if ('cache_read_input_tokens' in usage || 'cache_creation_input_tokens' in usage) {
    return {
      ...{ input: usage['input_tokens'], output: usage['output_tokens'] },
      cacheRead: usage['cache_read_input_tokens'],
      cacheWrite: usage['cache_creation_input_tokens'],
      cacheWrite1h: hourWriteInBody({ usage }),
    };
  }
  // OpenAI's way: the prompt's count includes what a cache held.
  const input = usage['prompt_tokens'] ?? usage['input_tokens'];
  const output = usage['completion_tokens'] ?? usage['output_tokens'];
  const details = usage['prompt_tokens_details'] ?? usage['input_tokens_details'];
  const cached = isFields(details) ? (details['cached_tokens'] ?? 0) : 0;
  return { input: Number(input) - Number(cached), output, cacheRead: cached, cacheWrite: 0 };
}

function countsOfBody(body: Fields): InvokeCounts | null {
  const none = { cacheRead: 0, cacheWrite: 0 };
  const { prompt_token_count: prompt, inputTextTokenCount: titan, results } = body;
  // Llama.
  if (prompt !== undefined)
    return { input: prompt, output: body['generation_token_count'], ...none };
  // Titan: one count per result.
  if (titan === undefined) return null;
  const counts = Array.isArray(results) ? results.filter(isFields) : [];
  const output = counts.reduce((sum, { tokenCount }) => sum + Number(tokenCount), 0);
  return { input: titan, output, ...none };
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
