const base = require('./jest.config.cjs');

/** What needs stand-ins for AWS: run by `npm run test:aws`, which starts them. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/aws'],
  testPathIgnorePatterns: ['/node_modules/'],
  setupFiles: ['<rootDir>/test/aws/stand-ins/loopback-only.ts'],
  maxWorkers: 2,
};
