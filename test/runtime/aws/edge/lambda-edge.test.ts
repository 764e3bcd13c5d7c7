import { describeEdgeFaults } from '../../../contract/http-edge-faults.ts';
import { describeEdgeMetering } from '../../../contract/http-edge-metering.ts';
import { describeEdgeModels } from '../../../contract/http-edge-models.ts';
import { describeEdgeSecurity } from '../../../contract/http-edge-security.ts';
import { describeEdgeTokens } from '../../../contract/http-edge-tokens.ts';
import { describeHttpEdge } from '../../../contract/http-edge.ts';
import { startGateway } from '../../local/gateway-harness.ts';
import type { BreakGateway } from '../../local/gateway-harness.ts';
import { lambdaEdge } from '../harness/lambda-gateway.ts';
import { synthesizedGateway } from '../harness/synthesized.ts';
import { overServices } from '../harness/over-services.ts';

const { template, planKey } = synthesizedGateway();
const start: BreakGateway = (options) => startGateway(options, lambdaEdge(template, planKey));

describeHttpEdge('API Gateway and Lambda', start);
describeEdgeMetering('API Gateway and Lambda', start);
describeEdgeSecurity('API Gateway and Lambda', start);
describeEdgeFaults('API Gateway and Lambda', start);
describeEdgeModels('API Gateway and Lambda', overServices(lambdaEdge(template, planKey)));
describeEdgeTokens('API Gateway and Lambda', overServices(lambdaEdge(template, planKey)));
