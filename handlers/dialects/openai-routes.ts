import { openAiDialect, openAiResponsesDialect } from '../../domain/dialects/openai-error.ts';
import type { Route } from '../edge/api-exchange.ts';
import type { createInvokeModel } from '../invoke/invoke-model.ts';
import type { ModelsFor } from '../invoke/list-models.ts';
import { forAnthropicToo } from '../invoke/models-for.ts';
import { createOpenAiChat } from './openai-chat.ts';
import { createOpenAiEmbeddings } from './openai-embeddings.ts';
import { createOpenAiModel, createOpenAiModelList } from './openai-models.ts';
import { createOpenAiResponses } from './openai-responses.ts';

interface OpenAiRoutesPorts {
  readonly invokeModel: ReturnType<typeof createInvokeModel>;
  readonly modelsFor: ModelsFor;
}

/** The routes of OpenAI's dialect. */
export function createOpenAiRoutes(ports: OpenAiRoutesPorts): readonly Route[] {
  const route = { access: 'tenant', dialect: openAiDialect } as const;
  const get = { ...route, method: 'GET' } as const;
  const post = { ...route, method: 'POST' } as const;
  return [
    { ...get, path: '/v1/models', handle: forAnthropicToo(createOpenAiModelList(ports), ports) },
    {
      ...get,
      path: '/v1/models/{model}',
      handle: forAnthropicToo(createOpenAiModel(ports), ports),
    },
    { ...post, path: '/v1/chat/completions', handle: createOpenAiChat(ports) },
    {
      ...post,
      path: '/v1/responses',
      dialect: openAiResponsesDialect,
      handle: createOpenAiResponses(ports),
    },
    { ...post, path: '/v1/embeddings', handle: createOpenAiEmbeddings(ports) },
  ];
}
