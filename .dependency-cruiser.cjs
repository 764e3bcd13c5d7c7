/** Floors of the house: a file imports its own floor and those listed below it, nothing else. */
const floors = {
  domain: [],
  pricing: ['domain'],
  workflows: [],
  sql: [],
  handlers: ['domain', 'pricing'],
  'runtime/node': ['handlers', 'pricing', 'domain'],
  'runtime/aws': ['runtime/node', 'runtime/settings', 'handlers', 'pricing', 'domain', 'workflows'],
  'runtime/local': [
    'runtime/node',
    'runtime/settings',
    'handlers',
    'pricing',
    'domain',
    'workflows',
  ],
  stacks: ['runtime/settings', 'runtime/bundling', 'workflows', 'sql'],
  bin: [
    'runtime/node',
    'runtime/local',
    'runtime/settings',
    'handlers',
    'pricing',
    'domain',
    'workflows',
  ],
};
const ours =
  '^(domain|pricing|handlers|workflows|sql|runtime|stacks|console|bin|bench|test|fixtures)/';

const floorRules = Object.entries(floors).map(([floor, below]) => ({
  name: `floor-${floor.replace('/', '-')}`,
  severity: 'error',
  from: { path: `^${floor}/` },
  to: { path: ours, pathNot: `^(${[floor, ...below].join('|')})[/.]` },
}));

const pureRules = ['domain', 'pricing'].map((floor) => ({
  name: `${floor}-is-pure`,
  comment: 'no npm package and no node module: the same code runs in a browser, a Lambda, a bundle',
  severity: 'error',
  from: { path: `^${floor}/` },
  to: { dependencyTypes: ['npm', 'npm-dev', 'core'] },
}));

module.exports = {
  forbidden: [
    ...floorRules,
    ...pureRules,
    {
      name: 'handlers-are-portable',
      severity: 'error',
      from: { path: '^handlers/' },
      to: { dependencyTypes: ['npm', 'npm-dev', 'core'], pathNot: 'node_modules/zod/' },
    },
    {
      name: 'aws-sdk-only-in-runtime-aws',
      severity: 'error',
      from: { pathNot: '^(runtime/aws|test|bench)/' },
      to: { path: 'node_modules/@aws-sdk/' },
    },
    {
      name: 'cdk-only-in-stacks',
      severity: 'error',
      from: { pathNot: '^(stacks|test)/' },
      to: { path: 'node_modules/(aws-cdk-lib|constructs|cdk-nag)/' },
    },
    { name: 'no-cycles', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, pathNot: '^(test|bench)/' },
      to: {},
    },
    {
      name: 'nothing-imports-tests',
      severity: 'error',
      from: { pathNot: '^(test|bench)/' },
      to: { path: '^(test|bench)/' },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    doNotFollow: { path: 'node_modules' },
    exclude: { path: 'node_modules/.*/node_modules' },
    enhancedResolveOptions: { extensions: ['.ts', '.js', '.cjs', '.mjs', '.json'] },
  },
};
