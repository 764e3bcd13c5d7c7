/** Who signs a request. */
export interface AwsCredentials {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  readonly sessionToken?: string;
}

/** Lambda gave its function no credentials: it runs somewhere else. */
export class NoCredentials extends Error {
  override readonly name = 'NoCredentials';
}

/** The credentials of a function's role, which Lambda puts into its environment. @throws NoCredentials */
export function lambdaCredentials(
  env: Readonly<Record<string, string | undefined>>,
): AwsCredentials {
  const accessKeyId = env['AWS_ACCESS_KEY_ID'];
  const secretAccessKey = env['AWS_SECRET_ACCESS_KEY'];
  const sessionToken = env['AWS_SESSION_TOKEN'];
  if (!accessKeyId || !secretAccessKey) {
    throw new NoCredentials('AWS_ACCESS_KEY_ID, AWS_SECRET_ACCESS_KEY: got nothing');
  }
  return { accessKeyId, secretAccessKey, ...(sessionToken && { sessionToken }) };
}
