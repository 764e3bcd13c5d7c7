/** Where a stand-in that `npm run test:aws` started listens. */
const VARIABLES = { dynamodb: 'TOLLBOOK_TEST_DYNAMODB', moto: 'TOLLBOOK_TEST_MOTO' } as const;

/** A stand-in of another language. */
export type StandInName = keyof typeof VARIABLES;

/** Environment that tells the tests where the stand-ins are, and no SDK where AWS is. */
export function testEnvironment(urls: Readonly<Record<StandInName, string>>) {
  return {
    [VARIABLES.dynamodb]: urls.dynamodb,
    [VARIABLES.moto]: urls.moto,
    ...{ AWS_REGION: 'us-east-1', AWS_EC2_METADATA_DISABLED: 'true' },
    ...{ AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE', AWS_SECRET_ACCESS_KEY: 'not-a-secret' },
    ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
  };
}

/** Settings of an SDK client that speaks to a server of ours: fake credentials, no retries. */
export function clientOf(endpoint: string) {
  return {
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'not-a-secret' },
    maxAttempts: 1,
  };
}

/** Settings of an SDK client that speaks to a stand-in of another language. */
export function standIn(name: StandInName) {
  const url = process.env[VARIABLES[name]];
  if (!url) throw new Error(`${VARIABLES[name]}: got nothing; run the tests by: npm run test:aws`);
  return clientOf(url);
}
