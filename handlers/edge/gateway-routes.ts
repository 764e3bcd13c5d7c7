import { createAncestorRoutes } from '../dialects/ancestor-routes.ts';
import { createAnthropicRoutes } from '../dialects/anthropic-routes.ts';
import type { Route } from './api-exchange.ts';
import { createBedrockRoutes } from '../dialects/bedrock-routes.ts';
import { createCountTokens } from '../invoke/count-tokens.ts';
import { createInvokeModel } from '../invoke/invoke-model.ts';
import type { InvokePorts } from '../invoke/invoke-model.ts';
import { createModelsFor } from '../invoke/list-models.ts';
import type { ModelRegistry } from '../invoke/model-documents.ts';
import { createOpenAiRoutes } from '../dialects/openai-routes.ts';
import { withIdempotency } from './idempotent-routes.ts';
import type { Codec, Jobs } from '../ports.ts';

export interface GatewayPorts extends InvokePorts {
  readonly registered: ModelRegistry;
  /** Where answers wait for those who come back for them; without it, nobody is told to come back. */
  readonly jobs?: Jobs;
  readonly codec: Pick<Codec, 'sha256'>;
}

/** Every route of the gateway: each dialect's own, and one for whoever watches it. */
export function createGatewayRoutes(ports: GatewayPorts): readonly Route[] {
  const invokeModel = createInvokeModel(ports);
  const countTokens = createCountTokens(ports);
  const modelsFor = createModelsFor(ports);
  const routes: readonly Route[] = [
    {
      method: 'GET',
      path: '/health',
      access: 'public',
      handle: (response) => {
        response.json(200, { status: 'ok' });
      },
    },
    ...createOpenAiRoutes({ invokeModel, modelsFor }),
    ...createAnthropicRoutes({ invokeModel, countTokens }),
    ...createBedrockRoutes({ invokeModel, countTokens, clock: ports.clock }),
    ...createAncestorRoutes({ ...ports, invokeModel, modelsFor }),
  ];
  const { jobs } = ports;
  return jobs ? withIdempotency(routes, { ...ports, jobs }) : routes;
}
