import js from '@eslint/js';
import jsdoc from 'eslint-plugin-jsdoc';
import tseslint from 'typescript-eslint';

/** What a pure floor must not touch, each with what to use instead. */
const impure = [
  ['Date.now', 'take the instant as a parameter, or ask the Clock port'],
  ['new Date()', 'take the instant as a parameter, or ask the Clock port'],
  ['Math.random', 'ask the Random port'],
];
const impureSyntax = [
  {
    selector: "CallExpression[callee.object.name='Date'][callee.property.name='now']",
    message: `Date.now: ${impure[0][1]}`,
  },
  {
    selector: "NewExpression[callee.name='Date'][arguments.length=0]",
    message: `new Date(): ${impure[1][1]}`,
  },
  {
    selector: "CallExpression[callee.object.name='Math'][callee.property.name='random']",
    message: `Math.random: ${impure[2][1]}`,
  },
  {
    selector: "CallExpression[callee.property.name='toFixed']",
    message: 'toFixed rounds: format money with domain/money.ts',
  },
];
const literalGetter = {
  selector: "ObjectExpression > Property[kind='get']",
  message: 'V8 gives each such object a hidden class of its own, kept for long: make it a method',
};
const impureGlobals = [
  { name: 'parseFloat', message: 'money is bigint: parse with domain/money.ts' },
  { name: 'process', message: 'settings come in as parameters' },
  { name: 'console', message: 'results are returned; the Notifier port tells people' },
  { name: 'fetch', message: 'the network is behind a port' },
  { name: 'setTimeout', message: 'time passes through the Clock port' },
  { name: 'Buffer', message: 'use Uint8Array: this floor runs outside Node too' },
];

export default tseslint.config(
  {
    ignores: [
      'node_modules/',
      'dist/',
      '.cache/',
      'cdk.out/',
      '.tollbook/',
      '**/*.cjs',
      'fixtures/',
      'bench/.venv/',
    ],
  },
  js.configs.recommended,
  tseslint.configs.strictTypeChecked,
  tseslint.configs.stylisticTypeChecked,
  {
    languageOptions: {
      parserOptions: { projectService: { allowDefaultProject: ['eslint.config.js'] } },
    },
    rules: {
      'max-lines': ['error', { max: 300, skipComments: true, skipBlankLines: true }],
      'max-lines-per-function': ['error', { max: 60, skipComments: true, skipBlankLines: true }],
      'max-params': ['error', 3],
      'no-restricted-syntax': ['error', literalGetter],
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { varsIgnorePattern: '^_' }],
      // Ports are object literals that close over what they need: nobody uses `this`.
      '@typescript-eslint/unbound-method': 'off',
      // Its suggestion is what no-non-null-assertion forbids.
      '@typescript-eslint/non-nullable-type-assertion-style': 'off',
    },
  },
  {
    files: ['domain/**', 'pricing/**', 'handlers/**'],
    plugins: { jsdoc },
    rules: {
      'no-restricted-syntax': ['error', literalGetter, ...impureSyntax],
      'no-restricted-globals': ['error', ...impureGlobals],
      'jsdoc/require-jsdoc': [
        'error',
        { publicOnly: true, require: { FunctionDeclaration: true, ClassDeclaration: true } },
      ],
    },
  },
  {
    files: ['test/**', 'bench/**'],
    rules: {
      // They make few objects.
      'no-restricted-syntax': 'off',
      'max-lines-per-function': 'off',
      'max-lines': ['error', { max: 500, skipComments: true, skipBlankLines: true }],
      '@typescript-eslint/no-non-null-assertion': 'off',
    },
  },
  { files: ['eslint.config.js'], extends: [tseslint.configs.disableTypeChecked] },
);
