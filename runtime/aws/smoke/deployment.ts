import { readFileSync } from 'node:fs';

/** What the stacks of one unit put out, by the names of their outputs. */
export interface Deployment {
  readonly baseUrl: string;
  readonly table: string;
  readonly pepper: string;
  readonly usageLog: string;
  readonly stateMachine: string;
  readonly lake: string;
  readonly signingKey: string;
  readonly database: string;
  readonly workGroup: string;
}

const OUTPUTS = {
  baseUrl: 'TenantBaseUrl',
  table: 'AdminTable',
  pepper: 'AdminPepper',
  usageLog: 'AdminUsageLog',
  stateMachine: 'AdminStateMachine',
  lake: 'AuditorLake',
  signingKey: 'AuditorSigningKey',
  database: 'AnalystDatabase',
  workGroup: 'AnalystWorkGroup',
} as const satisfies Record<keyof Deployment, string>;

/** The outputs do not say what a unit's do. */
export class OutputsError extends Error {
  override readonly name = 'OutputsError';
}

/**
 * Reads what `cdk deploy --outputs-file` wrote: stack → output → value.
 *
 * @throws OutputsError naming every output that is missing.
 */
export function readDeployment(file: string, unit: string): Deployment {
  const stacks = JSON.parse(readFileSync(file, 'utf8')) as Record<string, Record<string, string>>;
  const found = Object.entries(stacks)
    .filter(([stack]) => new RegExp(`^tollbook-${unit}-[a-z]+$`).test(stack))
    .map(([, outputs]) => outputs);
  const values: Record<string, string> = Object.assign({}, ...found) as Record<string, string>;
  const missing = Object.values(OUTPUTS).filter((name) => values[name] === undefined);
  if (missing.length > 0) {
    throw new OutputsError(`${file}: unit ${unit} has no ${missing.join(', no ')}`);
  }
  const entries = Object.entries(OUTPUTS).map(([field, name]) => [field, values[name] ?? '']);
  const deployment = Object.fromEntries(entries) as unknown as Deployment;
  return { ...deployment, baseUrl: deployment.baseUrl.replace(/\/$/, '') };
}
