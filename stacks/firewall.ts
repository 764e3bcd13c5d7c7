import { CfnWebACL, CfnWebACLAssociation } from 'aws-cdk-lib/aws-wafv2';
import { Construct } from 'constructs';

interface FirewallProps {
  readonly name: string;
  /** Most requests of one address in five minutes. */
  readonly requestsPerAddress: number;
  readonly stageArn: string;
}

/**
 * Rules of AWS's common set that read the body. A prompt may hold anything, markup and file names
 * too, and is often longer than 8 kB: these count and do not block.
 */
const BODY_RULES = [
  'SizeRestrictions_BODY',
  'CrossSiteScripting_BODY',
  'GenericLFI_BODY',
  'GenericRFI_BODY',
  'EC2MetaDataSSRF_BODY',
];

/** In front of the stage: bad addresses, known attacks outside bodies, and too many requests of one. */
export class Firewall extends Construct {
  constructor(scope: Construct, id: string, { name, requestsPerAddress, stageArn }: FirewallProps) {
    super(scope, id);
    const seen = (metricName: string) => ({
      ...{ cloudWatchMetricsEnabled: true, sampledRequestsEnabled: false, metricName },
    });
    const managed = (priority: number, group: string, counted: readonly string[] = []) => ({
      ...{ name: group, priority, overrideAction: { none: {} }, visibilityConfig: seen(group) },
      statement: {
        managedRuleGroupStatement: {
          ...{ vendorName: 'AWS', name: group },
          ruleActionOverrides: counted.map((rule) => ({
            ...{ name: rule, actionToUse: { count: {} } },
          })),
        },
      },
    });
    const acl = new CfnWebACL(this, 'Acl', {
      name,
      scope: 'REGIONAL',
      defaultAction: { allow: {} },
      visibilityConfig: seen(name),
      rules: [
        {
          ...{ name: 'too-many', priority: 0, action: { block: {} } },
          visibilityConfig: seen('too-many'),
          statement: {
            rateBasedStatement: {
              ...{ aggregateKeyType: 'IP', limit: requestsPerAddress, evaluationWindowSec: 300 },
            },
          },
        },
        managed(1, 'AWSManagedRulesAmazonIpReputationList'),
        managed(2, 'AWSManagedRulesKnownBadInputsRuleSet', [
          'JavaDeserializationRCE_BODY',
          'Log4JRCE_BODY',
          'ReactJSRCE_BODY',
        ]),
        managed(3, 'AWSManagedRulesCommonRuleSet', BODY_RULES),
      ],
    });
    new CfnWebACLAssociation(this, 'Association', {
      resourceArn: stageArn,
      webAclArn: acl.attrArn,
    });
  }
}
