import { anthropicDialect } from '../../domain/dialects/anthropic-error.ts';
import { anthropicBetas, parseAnthropicCount } from '../../domain/dialects/anthropic-request.ts';
import { createAnthropicMessages } from './anthropic-messages.ts';
import type { ApiHandler, Route } from '../edge/api-exchange.ts';
import type { createCountTokens } from '../invoke/count-tokens.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';

interface AnthropicRoutePorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
  readonly countTokens: ReturnType<typeof createCountTokens>;
}

/** Anthropic's API. Its list of models shares a path with OpenAI's: see `models-for.ts`. */
export function createAnthropicRoutes(ports: AnthropicRoutePorts): readonly Route[] {
  const post = { method: 'POST', access: 'tenant', dialect: anthropicDialect } as const;
  return [
    { ...post, path: '/v1/messages', handle: createAnthropicMessages(ports) },
    { ...post, path: '/v1/messages/count_tokens', handle: createAnthropicCount(ports) },
  ];
}

function createAnthropicCount({ countTokens }: AnthropicRoutePorts): ApiHandler {
  return async function anthropicCount({ principal, headers, body }, response) {
    const call = parseAnthropicCount(body, anthropicBetas(headers));
    response.json(200, { input_tokens: await countTokens(principal, call) });
    return { settled: Promise.resolve() };
  };
}
