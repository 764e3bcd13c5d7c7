import { parseBedrockCount } from '../../domain/dialects/bedrock-count.ts';
import { bedrockDialect } from '../../domain/dialects/bedrock-error.ts';
import type { ApiHandler, Route } from '../edge/api-exchange.ts';
import { createBedrockConverse } from './bedrock-converse.ts';
import type { BedrockPorts } from './bedrock-converse.ts';
import { createBedrockInvoke } from './bedrock-invoke.ts';
import type { createCountTokens } from '../invoke/count-tokens.ts';
import { parseBody } from '../edge/parse-body.ts';

interface BedrockRoutePorts extends BedrockPorts {
  readonly countTokens: ReturnType<typeof createCountTokens>;
}

/** Bedrock's own API: what its SDKs and CLI speak. */
export function createBedrockRoutes(ports: BedrockRoutePorts): readonly Route[] {
  const operations: readonly (readonly [string, ApiHandler])[] = [
    ['converse', createBedrockConverse(ports, false)],
    ['converse-stream', createBedrockConverse(ports, true)],
    ['invoke', createBedrockInvoke(ports, false)],
    ['invoke-with-response-stream', createBedrockInvoke(ports, true)],
    ['count-tokens', createBedrockCount(ports)],
  ];
  return operations.map(([operation, handle]) => ({
    ...{ method: 'POST', path: `/model/{modelId}/${operation}`, access: 'tenant' },
    ...{ dialect: bedrockDialect, handle },
  }));
}

function createBedrockCount({ countTokens }: BedrockRoutePorts): ApiHandler {
  return async function bedrockCount({ principal, params, body }, response) {
    const call = parseBedrockCount(body, params['modelId'] ?? '', parseBody);
    response.json(200, { inputTokens: await countTokens(principal, call) });
    return { settled: Promise.resolve() };
  };
}
