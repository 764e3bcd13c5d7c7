import { describeEdgeFaults } from '../../../contract/http-edge-faults.ts';
import { describeEdgeMetering } from '../../../contract/http-edge-metering.ts';
import { describeEdgeModels } from '../../../contract/http-edge-models.ts';
import { describeEdgeSecurity } from '../../../contract/http-edge-security.ts';
import { describeEdgeTokens } from '../../../contract/http-edge-tokens.ts';
import { describeHttpEdge } from '../../../contract/http-edge.ts';
import { overServices } from '../../aws/harness/over-services.ts';
import { startGateway } from '../gateway-harness.ts';

describeHttpEdge('of one machine', startGateway);
describeEdgeMetering('of one machine', startGateway);
describeEdgeSecurity('of one machine', startGateway);
describeEdgeFaults('of one machine', startGateway);
describeEdgeModels('of one machine', overServices());
describeEdgeTokens('of one machine', overServices());
