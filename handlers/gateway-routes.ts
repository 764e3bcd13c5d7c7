import { openAiDialect } from '../domain/dialects/openai-error.ts';
import type { Route } from './api-exchange.ts';
import { createListModels } from './list-models.ts';
import { createInvokeModel } from './invoke-model.ts';
import type { InvokePorts } from './invoke-model.ts';
import { createOpenAiChat } from './openai-chat.ts';

/** Every route of the gateway. */
export function createGatewayRoutes(ports: InvokePorts): readonly Route[] {
  const invokeModel = createInvokeModel(ports);
  return [
    {
      method: 'GET',
      path: '/health',
      access: 'public',
      handle: (response) => {
        response.json(200, { status: 'ok' });
      },
    },
    {
      method: 'GET',
      path: '/v1/models',
      access: 'tenant',
      dialect: openAiDialect,
      handle: createListModels(ports),
    },
    {
      method: 'POST',
      path: '/v1/chat/completions',
      access: 'tenant',
      dialect: openAiDialect,
      handle: createOpenAiChat({ invokeModel }),
    },
  ];
}
