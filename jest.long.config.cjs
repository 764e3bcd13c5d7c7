const base = require('./jest.config.cjs');

/** Campaigns that take hours: `npm run test:long`. */
module.exports = {
  ...base,
  roots: ['<rootDir>/test/long'],
  testPathIgnorePatterns: ['/node_modules/'],
};
