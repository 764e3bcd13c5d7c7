import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
import { createSweepReservations } from '../../../handlers/metering/sweep-reservations.ts';
import { systemClock } from '../../node/system.ts';
import { createDynamoSuspense } from '../dynamo/dynamo-suspense.ts';
import { createDynamoSweep } from '../dynamo/dynamo-sweep.ts';
import { createStepFunction } from '../step-function.ts';

/** Function of the state `SweepReservations`. */
export const handler = createStepFunction('sweep-reservations', ({ table }) => {
  const dynamo = { client: new DynamoDBClient({ maxAttempts: 1 }), table };
  const store = { ...createDynamoSweep(dynamo), ...createDynamoSuspense(dynamo) };
  return createSweepReservations({ clock: systemClock, store });
});
