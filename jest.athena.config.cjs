const base = require('./jest.aws.config.cjs');

/** What needs a real Trino: run by `npm run test:athena`, which starts it. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/athena'],
  // One server answers all.
  maxWorkers: 1,
  // A dozen questions to a server that shares the machine with us.
  testTimeout: 180_000,
};
