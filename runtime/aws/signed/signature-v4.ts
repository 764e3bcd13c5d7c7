import { createHmac, hash } from 'node:crypto';
import type { AwsCredentials } from './lambda-credentials.ts';

/** A request whose path is escaped once, as it is sent, and whose headers need no escapes. */
export interface SignedRequest {
  readonly method: 'GET' | 'POST';
  readonly host: string;
  readonly path: string;
  /** By names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Where, when and by whom a request is signed. */
export interface SigningScope {
  readonly service: string;
  readonly region: string;
  readonly credentials: AwsCredentials;
  /** UTC ms. */
  readonly nowMs: number;
}

const ALGORITHM = 'AWS4-HMAC-SHA256';

/**
 * The headers of a request with its signature among them: AWS Signature Version 4
 * (docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, read 2026-11-21).
 */
export function signedHeaders(request: SignedRequest, scope: SigningScope): Record<string, string> {
  const { service, region, credentials } = scope;
  const time = new Date(scope.nowMs).toISOString().replace(/[-:]|\.\d+/g, '');
  const day = time.slice(0, 8);
  const bodyHash = hash('sha256', request.body);
  const { sessionToken } = credentials;
  const headers: Record<string, string> = {
    ...request.headers,
    ...{ host: request.host, 'x-amz-content-sha256': bodyHash, 'x-amz-date': time },
    ...(sessionToken !== undefined && { 'x-amz-security-token': sessionToken }),
  };
  const names = Object.keys(headers).sort();
  const canonical = [
    ...[request.method, canonicalPath(request.path, service), ''],
    ...names.map((name) => `${name}:${headers[name]?.trim() ?? ''}`),
    ...['', names.join(';'), bodyHash],
  ].join('\n');
  const credential = `${day}/${region}/${service}/aws4_request`;
  const toSign = [ALGORITHM, time, credential, hash('sha256', canonical)].join('\n');
  const key = [day, region, service, 'aws4_request'].reduce<string | Buffer>(
    (secret, part) => hmac(secret, part),
    `AWS4${credentials.secretAccessKey}`,
  );
  const parts = [
    `Credential=${credentials.accessKeyId}/${credential}`,
    `SignedHeaders=${names.join(';')}`,
    `Signature=${hmac(key, toSign).toString('hex')}`,
  ];
  return { ...headers, authorization: `${ALGORITHM} ${parts.join(',')}` };
}

/** Every service but S3 signs the path as it is sent, escaped once more. */
function canonicalPath(path: string, service: string): string {
  return service === 's3' ? path : path.split('/').map(encodeURIComponent).join('/');
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest();
}
