import { openAiModel, openAiModels } from '../../domain/dialects/openai-models.ts';
import { ApiRefused } from '../edge/api-exchange.ts';
import type { ApiHandler } from '../edge/api-exchange.ts';
import type { ModelsFor } from '../invoke/list-models.ts';

interface OpenAiModelsPorts {
  readonly modelsFor: ModelsFor;
}

const NOTHING_LEFT = { settled: Promise.resolve() };

/** `GET /v1/models`: what the caller may call. */
export function createOpenAiModelList({ modelsFor }: OpenAiModelsPorts): ApiHandler {
  return async function openAiModelList({ principal }, response) {
    response.json(200, openAiModels(await modelsFor(principal)));
    return NOTHING_LEFT;
  };
}

/** `GET /v1/models/{model}`: one of them. A model that may not be called is none: 404. */
export function createOpenAiModel({ modelsFor }: OpenAiModelsPorts): ApiHandler {
  return async function openAiModelOf({ principal, params }, response) {
    const models = await modelsFor(principal);
    const model = models.find(({ id }) => id === params['model']);
    if (!model) {
      const message = 'model: no such model, or this key may not call it; see GET /v1/models';
      throw new ApiRefused(404, message, { code: 'model_not_found' });
    }
    response.json(200, openAiModel(model));
    return NOTHING_LEFT;
  };
}
