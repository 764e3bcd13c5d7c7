import type { Clock } from '../../../handlers/ports.ts';
import { exchange } from './http-exchange.ts';
import type { HttpAnswer } from './http-exchange.ts';
import { lambdaCredentials } from './lambda-credentials.ts';
import { signedHeaders } from './signature-v4.ts';
import type { SignedRequest } from './signature-v4.ts';

/** One operation of AWS, sent without a client of the SDK. */
export interface AwsOperation extends Omit<SignedRequest, 'host' | 'headers'> {
  /** Service and operation, as `s3 GetObject`. */
  readonly operation: string;
  /** Name in host and signature. */
  readonly service: 's3' | 'sns' | 'secretsmanager' | 'bedrock';
  readonly headers?: Readonly<Record<string, string>>;
}

/** Sends an operation and gives what came back, whatever its status. @throws OperationFailed */
export type SendOperation = (operation: AwsOperation) => Promise<HttpAnswer>;

interface SignedFetchOptions {
  readonly region: string;
  readonly clock: Clock;
  /** `process.env`: credentials, and endpoints under the names that the SDK gives them. */
  readonly env: Readonly<Record<string, string | undefined>>;
}

/** AWS could not be reached, or could not answer, however often it was asked. */
export class OperationFailed extends Error {
  override readonly name = 'OperationFailed';
}

const ATTEMPTS = 3;
const FIRST_PAUSE_MS = 100;
const TIMEOUT_MS = 10_000;

const ENDPOINT_VARIABLES = {
  s3: 'AWS_ENDPOINT_URL_S3',
  sns: 'AWS_ENDPOINT_URL_SNS',
  secretsmanager: 'AWS_ENDPOINT_URL_SECRETS_MANAGER',
  bedrock: 'AWS_ENDPOINT_URL_BEDROCK',
} as const;

/**
 * Operations of services whose client would be a large part of a small function, for one rare call.
 * The SDK's clients remain the rule: everything that is called often goes through them.
 */
export function createSignedFetch({ region, clock, env }: SignedFetchOptions): SendOperation {
  async function sendOnce({ service, method, path, body, headers = {} }: AwsOperation) {
    const domain = region.startsWith('cn-') ? 'amazonaws.com.cn' : 'amazonaws.com';
    const base = env[ENDPOINT_VARIABLES[service]] ?? `https://${service}.${region}.${domain}`;
    const { host } = new URL(base);
    const signed = signedHeaders(
      { method, path, body, host, headers },
      { service, region, credentials: lambdaCredentials(env), nowMs: clock.now() },
    );
    const url = `${base.replace(/\/$/, '')}${path}`;
    return exchange(url, { method, headers: signed, body, timeoutMs: TIMEOUT_MS });
  }

  return async function send(operation) {
    for (let attempt = 1; ; attempt += 1) {
      const answer = await sendOnce(operation).catch((error: unknown) => {
        if (attempt < ATTEMPTS) return undefined;
        throw new OperationFailed(`${operation.operation}: not reached`, { cause: error });
      });
      if (answer && answer.status < 500 && answer.status !== 429) return answer;
      if (answer && attempt === ATTEMPTS) {
        throw new OperationFailed(`${operation.operation}: got status ${answer.status}`);
      }
      await clock.sleep(FIRST_PAUSE_MS * 2 ** attempt);
    }
  };
}
