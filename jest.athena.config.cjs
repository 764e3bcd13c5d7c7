const base = require('./jest.aws.config.cjs');

/** What needs a real Trino: run by `npm run test:athena`, which starts it. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/athena'],
  // One server answers all.
  maxWorkers: 1,
};
