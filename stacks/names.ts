import { Aws } from 'aws-cdk-lib';

/**
 * What the parts of a unit are called. Names are chosen, not generated, so that policies can be
 * written for exactly them, people find them, and no stack waits for another one's exports.
 *
 * @param unit - at most 18 characters: names of buckets end at 63.
 */
export function namesOf(unit: string) {
  const prefix = `tollbook-${unit}`;
  const bucket = (kind: string) => `${prefix}-${kind}-${Aws.ACCOUNT_ID}-${Aws.REGION}`;
  const database = prefix.replaceAll('-', '_');
  return {
    prefix,
    table: prefix,
    buckets: {
      lake: bucket('lake'),
      work: bucket('work'),
      checkpoints: bucket('proof'),
      results: bucket('results'),
      access: bucket('access'),
    },
    /** The invoke function's standard output and nothing else. */
    usageLog: `/tollbook/${unit}/usage`,
    database,
    candidateDatabase: `${database}_candidate`,
    auditWorkGroup: `${prefix}-audit`,
    analystWorkGroup: `${prefix}-analysts`,
    topic: `${prefix}-notices`,
    machine: `${prefix}-metering`,
    pricingMachine: `${prefix}-pricing`,
    /** As in the trust file: no two ledgers of anybody share it. */
    ledger: `${Aws.ACCOUNT_ID}/${Aws.REGION}/${unit}`,
    usagePlanKey: `usage-plan-of-${prefix}`,
    functionName: (name: string) => `${prefix}-${name}`,
    /** CloudFormation export, by which a key-only unit of another deployment joins. */
    exported: (what: 'api-id' | 'root-resource-id' | 'usage-plan-key-id') => `${prefix}-${what}`,
  };
}

export type UnitNames = ReturnType<typeof namesOf>;
