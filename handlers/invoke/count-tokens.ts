import type { ModelCall } from '../../domain/model-call.ts';
import { ModelError } from '../../domain/model-call.ts';
import { admitCall } from './admit-call.ts';
import type { AdmitPorts } from './admit-call.ts';
import type { Principal } from '../edge/authenticate.ts';
import { CallFailed } from './call-errors.ts';
import type { ModelClient } from '../ports.ts';
import { STATUS_OF_FAILURE } from './run-attempt.ts';

interface CountPorts extends AdmitPorts {
  readonly models: Pick<ModelClient, 'countTokens'>;
}

/**
 * Counts the input tokens of a call that is not made: it reserves nothing and writes no usage line.
 * Who may not call a model may not have it count either.
 */
export function createCountTokens(ports: CountPorts) {
  return async function countTokens(principal: Principal, call: ModelCall): Promise<number> {
    const [attempt] = await admitCall(ports, principal, call);
    try {
      return await ports.models.countTokens(attempt?.call ?? call);
    } catch (error) {
      if (!(error instanceof ModelError)) throw error;
      throw new CallFailed(STATUS_OF_FAILURE[error.failure], error.message);
    }
  };
}
