import type { Clock } from '../../../handlers/ports.ts';
import { lambdaCredentials } from '../signed/lambda-credentials.ts';
import { signedHeaders } from '../signed/signature-v4.ts';

/** One body for one endpoint. */
export interface EndpointAsk {
  readonly endpoint: string;
  readonly component: string | null;
  /** Null for the Region of the caller. */
  readonly region: string | null;
  readonly body: Uint8Array;
  readonly stream: boolean;
  /** Gives up on what is under way. */
  readonly signal: AbortSignal;
}

/** Sends a body to an endpoint, once, and gives what came back, whatever its status. */
export type SendToEndpoint = (ask: EndpointAsk) => Promise<Response>;

interface SageMakerHttpOptions {
  readonly region: string;
  readonly clock: Pick<Clock, 'now'>;
  /** `process.env`: credentials, and `AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME`. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

const JSON_TYPE = 'application/json';

/**
 * InvokeEndpoint and InvokeEndpointWithResponseStream without a client of the SDK, which the gateway's
 * function has no room for. docs.aws.amazon.com/sagemaker/latest/APIReference/API_runtime_InvokeEndpoint.html
 */
export function createSageMakerHttp({ region, clock, env }: SageMakerHttpOptions): SendToEndpoint {
  return async function send(ask) {
    const at = ask.region ?? region;
    const domain = at.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const base =
      env['AWS_ENDPOINT_URL_SAGEMAKER_RUNTIME'] ?? `https://runtime.sagemaker.${at}.${domain}`;
    const operation = ask.stream ? 'invocations-response-stream' : 'invocations';
    const path = `/endpoints/${ask.endpoint}/${operation}`;
    const headers = {
      'content-type': JSON_TYPE,
      [ask.stream ? 'x-amzn-sagemaker-accept' : 'accept']: JSON_TYPE,
      ...(ask.component !== null && { 'x-amzn-sagemaker-inference-component': ask.component }),
    };
    const { host: _host, ...signed } = signedHeaders(
      { method: 'POST', path, body: ask.body, host: new URL(base).host, headers },
      {
        ...{ service: 'sagemaker', region: at },
        ...{ credentials: lambdaCredentials(env), nowMs: clock.now() },
      },
    );
    const { body, signal } = ask;
    const url = `${base.replace(/\/$/, '')}${path}`;
    return fetch(url, { method: 'POST', headers: signed, body: new Uint8Array(body), signal });
  };
}
