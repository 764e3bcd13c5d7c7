import type { ProfileResolver } from '../../../handlers/ports.ts';
import { OperationFailed } from '../signed/signed-fetch.ts';
import type { SendOperation } from '../signed/signed-fetch.ts';

/**
 * Asks Bedrock what an application inference profile stands for, where the SDK's client would be too
 * much: see `signed-fetch.ts`. A profile is asked for once in the life of a function.
 */
export function createSignedProfiles({ send }: { readonly send: SendOperation }): ProfileResolver {
  return {
    async models(profileArn) {
      const { status, bytes } = await send({
        ...{ operation: 'bedrock GetInferenceProfile', service: 'bedrock' },
        ...{ method: 'GET', body: '' },
        path: `/inference-profiles/${encodeURIComponent(profileArn)}`,
      });
      // Not there, or of another Region: nobody here can say what it stands for.
      if (status === 404 || status === 400) return undefined;
      if (status === 200) return modelsIn(bytes);
      throw new OperationFailed(`bedrock GetInferenceProfile: got status ${status}`);
    },
  };
}

/** @throws OperationFailed for an answer of another form: nobody may take it for a profile of no models. */
function modelsIn(bytes: Uint8Array): readonly string[] {
  const { models } = JSON.parse(new TextDecoder().decode(bytes)) as { models?: unknown };
  const arns = Array.isArray(models) ? models.map(arnOf) : [];
  if (arns.length > 0 && arns.every((arn) => typeof arn === 'string')) return arns;
  throw new OperationFailed('bedrock GetInferenceProfile: got no models, expected one at least');
}

function arnOf(model: unknown): unknown {
  return (model as { readonly modelArn?: unknown } | null)?.modelArn;
}
