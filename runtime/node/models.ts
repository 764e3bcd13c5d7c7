import { isSageMaker } from '../../domain/sagemaker/endpoint.ts';
import type { ModelClient } from '../../handlers/ports.ts';

interface ModelClients {
  readonly bedrock: ModelClient;
  readonly sageMaker: ModelClient;
}

/** Every model that can be called: the id that is called says whose it is. */
export function createModels({ bedrock, sageMaker }: ModelClients): ModelClient {
  const clientOf = (id: string) => (isSageMaker(id) ? sageMaker : bedrock);
  return {
    invoke: (call) => clientOf(call.modelRequested).invoke(call),
    countTokens: (call) => clientOf(call.modelRequested).countTokens(call),
  };
}
