import { afterAll } from '@jest/globals';
import { describeEdgeMetering } from '../contract/http-edge-metering.ts';
import { describeEdgeSecurity } from '../contract/http-edge-security.ts';
import { describeHttpEdge } from '../contract/http-edge.ts';
import { bundleFunctions } from '../runtime/aws/harness/bundles.ts';
import { synthesizedGateway } from '../runtime/aws/harness/synthesized.ts';
import { deployedGateway } from './harness/deployed-gateway.ts';

/** The functions as they are deployed, behind the API as it is deployed. */
const bundles = bundleFunctions('invoke', 'authorizer');
afterAll(() => {
  bundles.remove();
});

const start = deployedGateway({ bundles: bundles.folder, ...synthesizedGateway() });

describeHttpEdge('as deployed on AWS', start);
describeEdgeMetering('as deployed on AWS', start);
describeEdgeSecurity('as deployed on AWS', start);
