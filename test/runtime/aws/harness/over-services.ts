import { createResolveModel } from '../../../../handlers/invoke/resolve-model.ts';
import { readIssuers } from '../../../../runtime/aws/edge/issuers.ts';
import { createSageMakerHttp } from '../../../../runtime/aws/models/sagemaker-http.ts';
import { createSageMakerModel } from '../../../../runtime/aws/models/sagemaker-model.ts';
import { createSignedFetch } from '../../../../runtime/aws/signed/signed-fetch.ts';
import { createSignedProfiles } from '../../../../runtime/aws/models/signed-profiles.ts';
import { createJwtAuthenticate } from '../../../../runtime/node/jwt-authenticate.ts';
import { systemClock as clock } from '../../../../runtime/node/system.ts';
import type { StartOverServices } from '../../../contract/http-edge-models.ts';
import { startGateway } from '../../local/gateway-harness.ts';
import type { OpenEdge } from '../../local/gateway-harness.ts';

/** A gateway in this process, on the edge under test, over the adapters of an account. */
export function overServices(openEdge?: OpenEdge): StartOverServices {
  return ({ upstream, issuers = [], ...options } = {}) => {
    const region = 'us-east-1';
    const env = {
      ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' },
      AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME: upstream?.sageMakerUrl,
      AWS_ENDPOINT_URL_BEDROCK: upstream?.profilesUrl,
    };
    const send = createSignedFetch({ region, clock, env });
    const others = {
      sageMaker: createSageMakerModel({ send: createSageMakerHttp({ region, clock, env }) }),
      resolveModel: createResolveModel(createSignedProfiles({ send })),
    };
    const tokens = createJwtAuthenticate({
      ...{ issuers: readIssuers(JSON.stringify(issuers)), clock },
      onError: (error) => {
        throw error;
      },
    });
    return startGateway({ ...options, others, tokens }, openEdge);
  };
}
