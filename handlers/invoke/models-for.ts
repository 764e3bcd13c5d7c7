import { anthropicError } from '../../domain/dialects/anthropic-error.ts';
import { anthropicModel, anthropicModels } from '../../domain/dialects/anthropic-models.ts';
import type { ApiHandler, Header } from '../edge/api-exchange.ts';
import type { ModelsFor } from './list-models.ts';

interface ModelsForPorts {
  readonly modelsFor: ModelsFor;
}

const NOTHING_LEFT = { settled: Promise.resolve() };

/**
 * `GET /v1/models` and `/v1/models/{model}` are OpenAI's and Anthropic's: whoever names a version of
 * Anthropic's API is answered in its words, everybody else as before.
 */
export function forAnthropicToo(others: ApiHandler, ports: ModelsForPorts): ApiHandler {
  const anthropic = createAnthropicModels(ports);
  return (request, response) =>
    (speaksAnthropic(request.headers) ? anthropic : others)(request, response);
}

function createAnthropicModels({ modelsFor }: ModelsForPorts): ApiHandler {
  return async function anthropicModelsOf({ principal, params }, response) {
    const models = await modelsFor(principal);
    const { model: id } = params;
    const model = models.find((one) => one.id === id);
    if (id === undefined) response.json(200, anthropicModels(models));
    else if (model) response.json(200, anthropicModel(model));
    else {
      const message = 'model: no such model, or this key may not call it; see GET /v1/models';
      response.json(404, anthropicError({ status: 404, message, code: null, field: 'model' }));
    }
    return NOTHING_LEFT;
  };
}

function speaksAnthropic(headers: readonly Header[]): boolean {
  return headers.some(([name]) => name.toLowerCase() === 'anthropic-version');
}
