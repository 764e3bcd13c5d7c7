/**
 * `npm run test:aws [-- --optional] [jest arguments]`: installs the stand-ins for AWS, starts them, runs the
 * tests of `test/aws/` against them and stops them. Closes with "N passed, N failed".
 */
import { runAgainstStandIns } from '../stand-in-run.ts';
import { testEnvironment } from './stand-ins/clients.ts';
import { NEEDED_COMMANDS, startDynamoDbLocal, startMoto } from './stand-ins/servers.ts';

process.exitCode = await runAgainstStandIns(
  {
    ...{ name: 'test:aws', commands: NEEDED_COMMANDS, config: 'jest.aws.config.cjs' },
    start: async (keep) => {
      const dynamodb = keep(await startDynamoDbLocal());
      const moto = keep(await startMoto());
      return testEnvironment({ dynamodb: dynamodb.url, moto: moto.url });
    },
  },
  process.argv.slice(2),
);
