import { describeHttpEdge } from '../../contract/http-edge.ts';
import { describeEdgeMetering } from '../../contract/http-edge-metering.ts';
import { describeEdgeSecurity } from '../../contract/http-edge-security.ts';
import { startGateway } from '../local/gateway-harness.ts';
import type { StartGateway } from '../local/gateway-harness.ts';
import { lambdaEdge } from './harness/lambda-gateway.ts';
import { synthesizedGateway } from './harness/synthesized.ts';

const { template, planKey } = synthesizedGateway();
const start: StartGateway = (options) => startGateway(options, lambdaEdge(template, planKey));

describeHttpEdge('API Gateway and Lambda, as deployed', start);
describeEdgeMetering('API Gateway and Lambda, as deployed', start);
describeEdgeSecurity('API Gateway and Lambda, as deployed', start);
