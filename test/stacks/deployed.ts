import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CfnResource } from 'aws-cdk-lib';
import type { App } from 'aws-cdk-lib';
import { createApp } from '../../stacks/app.ts';
import { UNITS } from '../../stacks/config.ts';

/** A CloudFormation resource. */
export interface Resource {
  readonly Type: string;
  readonly Properties: Readonly<Record<string, unknown>>;
  readonly DeletionPolicy?: string;
}

export interface Template {
  readonly Resources: Readonly<Record<string, Resource>>;
  readonly Outputs?: Readonly<Record<string, { readonly Value: unknown }>>;
}

/** A rule of a validator that found something. */
export interface Violation {
  readonly ruleName: string;
  readonly severity?: string;
}

/** What `cdk synth` makes of the committed units, without bundles: those have tests of their own. */
export interface Deployed {
  readonly app: App;
  /** Stack → template. */
  readonly templates: ReadonlyMap<string, Template>;
  /** Everything that a validator reported, warnings too. */
  readonly violations: readonly Violation[];
}

const CHECKOUT = join(__dirname, '..', '..');

/** Context as `cdk.json` has it, and no bundling. */
export function testContext(): Record<string, unknown> {
  const { context } = JSON.parse(readFileSync(join(CHECKOUT, 'cdk.json'), 'utf8')) as {
    context: Record<string, unknown>;
  };
  return { ...context, 'aws:cdk:bundling-stacks': [] };
}

/** Synthesizes units in process, as the command line does. @throws ValidationFailed */
export function deploy(entries: readonly unknown[] = UNITS): Deployed {
  const outdir = mkdtempSync(join(tmpdir(), 'tollbook-cdk-'));
  try {
    const app = createApp(entries, { outdir, context: testContext() });
    const assembly = app.synth();
    const templates = new Map(
      assembly.stacks.map((stack) => [stack.stackName, stack.template as Template]),
    );
    return { app, templates, violations: violationsIn(outdir) };
  } finally {
    rmSync(outdir, { recursive: true, force: true });
  }
}

/** What the validators wrote into their report. */
export function violationsIn(outdir: string): readonly Violation[] {
  const text = readFileSync(join(outdir, 'validation-report.json'), 'utf8');
  const report = JSON.parse(text) as {
    readonly pluginReports: readonly { readonly violations: readonly Violation[] }[];
  };
  return report.pluginReports.flatMap(({ violations }) => violations);
}

/** Resources of a type, by logical id. */
export function resourcesOf(template: Template, type: string): readonly [string, Resource][] {
  return Object.entries(template.Resources).filter(([, resource]) => resource.Type === type);
}

/** The only resource of a type. */
export function theOnly(template: Template, type: string): Resource {
  const [first, ...others] = resourcesOf(template, type);
  if (!first || others.length > 0)
    throw new Error(`${type}: got ${others.length + 1}, expected one`);
  return first[1];
}

/** Paths of every resource of the app. */
export function resourcePaths(app: App): readonly string[] {
  return app.node
    .findAll()
    .filter((construct) => CfnResource.isCfnResource(construct))
    .map(({ node }) => node.path);
}

/** A value with its references as readable text: `<Lake.Arn>/data/*`. */
export function flat(value: unknown): string {
  if (typeof value === 'string') return value;
  const [[name, inner] = ['', '']] = Object.entries(value as Record<string, unknown>);
  if (name === 'Ref' || name === 'Fn::ImportValue') return `<${flat(inner)}>`;
  if (name === 'Fn::GetAtt') return `<${(inner as string[]).join('.')}>`;
  if (name === 'Fn::Join') {
    const [between, parts] = inner as [string, unknown[]];
    return parts.map(flat).join(between);
  }
  return JSON.stringify(value);
}
