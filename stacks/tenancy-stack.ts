import { CfnOutput, RemovalPolicy, Stack } from 'aws-cdk-lib';
import type { StackProps } from 'aws-cdk-lib';
import { AttributeType, Billing, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import type { ISecret } from 'aws-cdk-lib/aws-secretsmanager';
import type { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import type { UnitNames } from './names.ts';
import type { UserPoolConfig } from './unit.ts';
import { Users } from './users.ts';

interface TenancyProps extends StackProps {
  readonly names: UnitNames;
  /** People sign in with it; null: API keys and other issuers alone. */
  readonly users: UserPoolConfig | null;
}

/** Who may call, what is reserved, and the two keys that nobody reads but functions. */
export class TenancyStack extends Stack {
  readonly table: TableV2;
  /** Under which the secrets of API keys are kept. */
  readonly pepper: ISecret;
  /** Makes and checks the MAC of usage lines. */
  readonly macKey: ISecret;
  /** The unit's own issuer of tokens. */
  readonly users: Users | null;

  constructor(scope: Construct, id: string, { names, users, ...props }: TenancyProps) {
    super(scope, id, props);

    this.table = new TableV2(this, 'Table', {
      tableName: names.table,
      partitionKey: { name: 'pk', type: AttributeType.STRING },
      sortKey: { name: 'sk', type: AttributeType.STRING },
      billing: Billing.onDemand(),
      timeToLiveAttribute: 'ttl',
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    this.pepper = this.createKey('Pepper', 'API keys are kept as their HMAC under this');
    this.macKey = this.createKey('MacKey', 'usage lines carry their HMAC under this');
    this.users = users && new Users(this, 'Users', { name: names.prefix, config: users });
    const outputs = { AdminTable: names.table, AdminPepper: this.pepper.secretArn };
    for (const [name, value] of Object.entries(outputs)) new CfnOutput(this, name, { value });
  }

  /** 64 hexadecimal digits that nobody has seen: 32 bytes. */
  private createKey(id: string, description: string): ISecret {
    const key = new Secret(this, id, {
      description,
      generateSecretString: {
        passwordLength: 64,
        excludeUppercase: true,
        excludePunctuation: true,
        excludeCharacters: 'ghijklmnopqrstuvwxyz',
        requireEachIncludedType: false,
      },
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(
      key,
      'SMG4',
      'replaced in place it would unmake every API key, or every line not yet sealed: docs/deploy.md',
    );
    return key as ISecret;
  }
}
