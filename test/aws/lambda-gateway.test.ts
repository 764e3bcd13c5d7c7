import { afterAll } from '@jest/globals';
import { describeEdgeMetering } from '../contract/http-edge-metering.ts';
import { describeEdgeModels } from '../contract/http-edge-models.ts';
import { describeEdgeSecurity } from '../contract/http-edge-security.ts';
import { describeEdgeTokens } from '../contract/http-edge-tokens.ts';
import { describeHttpEdge } from '../contract/http-edge.ts';
import type { FunctionName } from '../../runtime/settings.ts';
import { readApi } from '../runtime/aws/harness/api-definition.ts';
import { bundleFunctions } from '../runtime/aws/harness/bundles.ts';
import { synthesizedGateway } from '../runtime/aws/harness/synthesized.ts';
import { deployedGateway } from './harness/deployed-gateway.ts';

/** The functions as they are deployed, behind the API as it is deployed. */
const deployed = synthesizedGateway();
const names = [...readApi(deployed.template).functions.keys()] as FunctionName[];
const bundles = bundleFunctions(...names);
afterAll(() => {
  bundles.remove();
});

const start = deployedGateway({ bundles: bundles.folder, ...deployed });

describeHttpEdge('as deployed on AWS', start);
describeEdgeMetering('as deployed on AWS', start);
describeEdgeSecurity('as deployed on AWS', start);
describeEdgeModels('as deployed on AWS', start);
describeEdgeTokens('as deployed on AWS', start);
