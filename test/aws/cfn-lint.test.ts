import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, it } from '@jest/globals';
import { FUNCTION_SETTINGS, PRICING_FUNCTION_SETTINGS } from '../../runtime/settings.ts';
import { pythonWith } from './stand-ins/install.ts';

const CHECKOUT = join(__dirname, '..', '..');
const REQUIREMENTS = join(__dirname, 'stand-ins', 'cfn-lint', 'requirements.txt');
/** Warnings that say nothing: each names its reason. */
const IGNORED = [
  'W3005', // CDK says twice that a function comes after its role
  'W6001', // the address of a joined API is an import, and is put out
];

const outdir = mkdtempSync(join(tmpdir(), 'tollbook-synth-'));
afterAll(() => {
  rmSync(outdir, { recursive: true, force: true });
});

describe('what `cdk synth` writes', () => {
  it('is written by the command line, with a bundle for each function, and no network', () => {
    const { status, stderr } = spawnSync(
      process.execPath,
      [
        join(CHECKOUT, 'node_modules', 'aws-cdk', 'bin', 'cdk'),
        ...['synth', '--quiet', '--output', outdir, '--no-notices', '--no-lookups'],
      ],
      {
        ...{ cwd: CHECKOUT, encoding: 'utf8' },
        env: {
          ...process.env,
          CDK_DISABLE_CLI_TELEMETRY: 'true',
          AWS_EC2_METADATA_DISABLED: 'true',
        },
      },
    );

    expect({ status, wrong: /^(ERROR|WARNING).*/gm.exec(stderr)?.[0] ?? null }).toEqual({
      ...{ status: 0, wrong: null },
    });
    const bundles = readdirSync(outdir, { recursive: true, encoding: 'utf8' }).filter((name) =>
      name.endsWith('index.mjs'),
    );
    const functions = Object.keys({ ...FUNCTION_SETTINGS, ...PRICING_FUNCTION_SETTINGS });
    expect(bundles).toHaveLength(functions.length);
  }, 300_000);

  it('is nothing that cfn-lint would say a word about', () => {
    const templates = readdirSync(outdir).filter((name) => name.endsWith('.template.json'));
    expect(templates).toHaveLength(17);

    const { status, stdout, stderr } = spawnSync(
      join(dirname(pythonWith(REQUIREMENTS)), 'cfn-lint'),
      [
        ...['--format', 'parseable', '--ignore-checks', ...IGNORED, '--'],
        ...templates.map((name) => join(outdir, name)),
      ],
      { encoding: 'utf8' },
    );

    expect({ status, stdout, stderr }).toEqual({ status: 0, stdout: '', stderr: '' });
  }, 300_000);
});
