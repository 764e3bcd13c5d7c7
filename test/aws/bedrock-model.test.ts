import { describe, expect, it } from '@jest/globals';
import { BedrockRuntimeClient } from '@aws-sdk/client-bedrock-runtime';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import { createBedrockModel } from '../../runtime/aws/models/bedrock-model.ts';
import { invokeInput } from '../../runtime/aws/models/bedrock-request.ts';
import { startSimulatedBedrock } from '../../runtime/local/simulated/simulated-bedrock-server.ts';
import { describeBedrockClient } from '../contract/bedrock-client.ts';
import type { ModelsOf } from '../contract/bedrock-client.ts';
import { converseCall, eventsOf, invokeCall } from '../contract/model-client.ts';
import { clientOf } from './stand-ins/clients.ts';

/** The SDK's own preference is HTTP/2. */
function modelsOver(http2: boolean): ModelsOf {
  return (endpoint, silenceMs = 20_000) => {
    const client = new BedrockRuntimeClient({
      ...clientOf(endpoint),
      ...(!http2 && { requestHandler: new NodeHttpHandler() }),
    });
    return createBedrockModel({ client, silenceMs });
  };
}

describeBedrockClient('Bedrock by its SDK, over HTTP/1.1', { modelsOf: modelsOver(false) });
describeBedrockClient('Bedrock by its SDK, over HTTP/2', {
  ...{ modelsOf: modelsOver(true), http2: true },
});

describe('Bedrock by its SDK', () => {
  it('is refused with a client that would try again by itself', async () => {
    const server = await startSimulatedBedrock();
    const client = new BedrockRuntimeClient({ ...clientOf(server.endpoint), maxAttempts: 3 });

    const { error } = await eventsOf(createBedrockModel({ client }), converseCall());
    expect(error).toMatchObject({ name: 'RetriesLeftOn' });
    expect(server.counts().calls).toBe(0);
    await server.close();
  });

  it('is given no header that it would lose on the way', () => {
    const call = invokeCall({ headers: { 'x-amzn-bedrock-other': '1' } });
    expect(() => invokeInput(call, new Uint8Array())).toThrow(/not one of Bedrock's/);
  });
});
