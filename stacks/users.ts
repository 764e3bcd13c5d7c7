import { CfnOutput, Duration, RemovalPolicy, SecretValue, Stack } from 'aws-cdk-lib';
import {
  AccountRecovery,
  CfnUserPoolClient,
  CfnUserPoolDomain,
  CfnUserPoolIdentityProvider,
  FeaturePlan,
  Mfa,
  StringAttribute,
  UserPool,
} from 'aws-cdk-lib/aws-cognito';
import { Construct } from 'constructs';
import { acknowledge } from './access.ts';
import type { UserPoolConfig } from './unit.ts';

interface UsersProps {
  readonly name: string;
  readonly config: UserPoolConfig;
}

type Federation = UserPoolConfig['federation'][number];

const TENANT = 'custom:tenant';
const COST_CENTER = 'custom:cost_center';
/** A token cannot be called back: who is removed is out after this. */
const TOKEN_MINUTES = 15;
const SIGNED_IN_HOURS = 12;

/**
 * People of tenants, in a user pool: which tenant somebody is of, an admin or the provider says, and
 * nobody for themselves. A sign-in gives an id token of fifteen minutes, which is a credential.
 */
export class Users extends Construct {
  /** What `iss` says in its tokens. */
  readonly issuer: string;
  /** What `aud` says in them. */
  readonly clientId: string;

  constructor(scope: Construct, id: string, { name, config }: UsersProps) {
    super(scope, id);
    const pool = this.createPool(name);
    const providers = config.federation.map((from) => this.addProvider(pool.userPoolId, from));
    const client = this.createClient(pool.userPoolId, config);
    for (const provider of providers) client.addResourceDependency(provider);
    const { domainPrefix: domain } = config;
    new CfnUserPoolDomain(this, 'Domain', { userPoolId: pool.userPoolId, domain });
    this.issuer = pool.userPoolProviderUrl;
    this.clientId = client.ref;
    const outputs = {
      AdminUserPool: pool.userPoolId,
      TenantSignIn: `https://${domain}.auth.${Stack.of(this).region}.amazoncognito.com`,
      TenantSignInClient: client.ref,
    };
    for (const [output, value] of Object.entries(outputs)) {
      new CfnOutput(scope, output, { value });
    }
  }

  private createPool(userPoolName: string): UserPool {
    const pool = new UserPool(this, 'Pool', {
      userPoolName,
      selfSignUpEnabled: false,
      signInAliases: { email: true },
      customAttributes: {
        // Mutable, or a provider that moves somebody to another tenant could not say so.
        tenant: new StringAttribute({ maxLen: 28, mutable: true }),
        cost_center: new StringAttribute({ maxLen: 40, mutable: true }),
      },
      passwordPolicy: {
        ...{ minLength: 12, tempPasswordValidity: Duration.days(3) },
        ...{ requireLowercase: true, requireUppercase: true },
        ...{ requireDigits: true, requireSymbols: true },
      },
      mfa: Mfa.REQUIRED,
      mfaSecondFactor: { otp: true, sms: false },
      accountRecovery: AccountRecovery.EMAIL_ONLY,
      featurePlan: FeaturePlan.ESSENTIALS,
      deletionProtection: true,
      removalPolicy: RemovalPolicy.RETAIN,
    });
    acknowledge(pool, 'COG8', 'its threat protection is for pools whose users sign themselves up');
    return pool;
  }

  private addProvider(userPoolId: string, from: Federation): CfnUserPoolIdentityProvider {
    const { name, tenantAttribute, costCenterAttribute } = from;
    return new CfnUserPoolIdentityProvider(this, `Provider-${name}`, {
      ...{ userPoolId, providerName: name, providerType: from.kind.toUpperCase() },
      providerDetails: detailsOf(from),
      attributeMapping: {
        [TENANT]: tenantAttribute,
        ...(costCenterAttribute !== null && { [COST_CENTER]: costCenterAttribute }),
      },
    });
  }

  private createClient(userPoolId: string, { federation, callbackUrls }: UserPoolConfig) {
    const federated = federation.length > 0;
    return new CfnUserPoolClient(this, 'Client', {
      userPoolId,
      generateSecret: false,
      // The sign-in page alone. By an API a user would get a token that changes the user's own
      // attributes, and with them the tenant: so neither such a flow nor such a scope.
      explicitAuthFlows: ['ALLOW_REFRESH_TOKEN_AUTH'],
      allowedOAuthFlowsUserPoolClient: true,
      allowedOAuthFlows: ['code'],
      allowedOAuthScopes: ['openid'],
      callbackUrLs: [...callbackUrls],
      supportedIdentityProviders: federated ? federation.map(({ name }) => name) : ['COGNITO'],
      // What a provider says is written in the name of the client.
      writeAttributes: federated ? ['email', TENANT, COST_CENTER] : ['email'],
      readAttributes: ['email', TENANT, COST_CENTER],
      idTokenValidity: TOKEN_MINUTES,
      accessTokenValidity: TOKEN_MINUTES,
      refreshTokenValidity: SIGNED_IN_HOURS,
      tokenValidityUnits: { idToken: 'minutes', accessToken: 'minutes', refreshToken: 'hours' },
      enableTokenRevocation: true,
      preventUserExistenceErrors: 'ENABLED',
    });
  }
}

function detailsOf(from: Federation): Readonly<Record<string, string>> {
  if (from.kind === 'saml') return { MetadataURL: from.metadataUrl };
  return {
    ...{ oidc_issuer: from.issuer, client_id: from.clientId, authorize_scopes: 'openid' },
    // A reference: CloudFormation looks the secret up, and no template holds it.
    client_secret: SecretValue.secretsManager(from.clientSecretArn).unsafeUnwrap(),
    attributes_request_method: 'GET',
  };
}
