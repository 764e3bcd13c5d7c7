/**
 * `npm run test:athena [-- --optional] [jest arguments]`: installs Trino, starts it, runs the tests of
 * `test/athena/` against it and stops it. Closes with "N passed, N failed".
 */
import { runAgainstStandIns } from '../stand-in-run.ts';
import { trinoEnvironment } from './environment.ts';
import { NEEDED_COMMANDS, startTrino } from './trino/start.ts';

process.exitCode = await runAgainstStandIns(
  {
    ...{ name: 'test:athena', commands: NEEDED_COMMANDS, config: 'jest.athena.config.cjs' },
    start: async (keep) => trinoEnvironment(keep(await startTrino())),
  },
  process.argv.slice(2),
);
