import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';

/** AWS's own client as a tenant configures it: an endpoint, a bearer token, HTTP/1.1. */
export function bedrockClient(
  { url, key }: { readonly url: string; readonly key: string },
  maxAttempts = 1,
) {
  return new BedrockRuntimeClient({
    ...{ endpoint: url, region: 'us-east-1', maxAttempts },
    ...{ token: { token: key }, authSchemePreference: ['httpBearerAuth'] },
    requestHandler: new NodeHttpHandler(),
  });
}
