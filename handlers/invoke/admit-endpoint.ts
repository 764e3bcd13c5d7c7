import type { ModelCall } from '../../domain/model-call.ts';
import { BadRequest } from '../../domain/dialects/problem.ts';
import type { RegisteredModel } from '../../domain/model-registry.ts';
import type { Policy } from '../../domain/policy.ts';
import { endpointWish, isSageMaker, parseSageMakerId } from '../../domain/sagemaker/endpoint.ts';
import { sageMakerBody } from '../../domain/sagemaker/request.ts';
import { CallRefused } from './call-errors.ts';

/**
 * Models on SageMaker are those that an admin has onboarded, and no other endpoint of the account.
 *
 * @throws CallRefused 403 for an id of SageMaker's that nobody registered.
 */
export function refuseUnregistered(upstream: string, onboarded: RegisteredModel | undefined): void {
  if (!isSageMaker(upstream) || onboarded?.kind === 'sagemaker') return;
  const message = 'an endpoint on SageMaker is called under the id that an admin registered it by';
  throw new CallRefused({ status: 403, code: 'model_not_registered', field: 'model', message });
}

/**
 * Refuses, before anything is reserved, what a model on SageMaker would not be told, and what only such
 * a model could be told.
 *
 * @throws CallRefused 403 where the tenant's guardrail could not be applied; BadRequest for the rest.
 */
export function refuseUnfitForEndpoint(upstream: string, call: ModelCall, policy: Policy): void {
  const wish = call.kind === 'converse' ? call.sageMaker : undefined;
  const component = wish?.component ?? null;
  const id = parseSageMakerId(upstream);
  if (component !== null && (!id || (id.component ?? component) !== component)) {
    const expected = id ? 'the one that this model is' : 'none: this model is not on SageMaker';
    throw new BadRequest('parameters.InferenceComponentName', `got one, expected ${expected}`);
  }
  if (!id) return;
  if (policy.guardrail) {
    const message = 'its answers cannot be guarded, and this tenant has a guardrail';
    throw new CallRefused({ status: 403, code: 'model_unguarded', field: 'model', message });
  }
  if (call.kind === 'converse') sageMakerBody(call, endpointWish(id, wish).shape);
  else if (Object.keys(call.headers).length > 0) {
    throw new BadRequest(
      'headers',
      'got one of Bedrock’s, expected none: the model is on SageMaker',
    );
  }
}
