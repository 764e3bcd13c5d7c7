/** ESM-only packages are compiled to CommonJS by swc like our own files: no experimental flag. */
const esmOnly = [
  ...['hyparquet', 'hyparquet-writer', 'dt-sql-parser', 'antlr4ng', 'antlr4-c3'],
  ...['ai', 'jose', '@ai-sdk', 'zod', '@workflow', 'eventsource-parser'],
].join('|');

module.exports = {
  testEnvironment: 'node',
  roots: ['<rootDir>/test'],
  testMatch: ['**/*.test.ts'],
  testPathIgnorePatterns: ['/node_modules/', '/test/long/', '/test/aws/', '/test/athena/'],
  transform: { '^.+\\.(m?js|ts)$': '@swc/jest' },
  transformIgnorePatterns: [`/node_modules/(?!(${esmOnly})/)`],
  // One less than the cores, jest's own choice, is one of two.
  maxWorkers: 2,
  testTimeout: 60_000,
};
