import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ObjectNotFound } from '../../../../handlers/ports.ts';
import {
  NoCredentials,
  lambdaCredentials,
} from '../../../../runtime/aws/signed/lambda-credentials.ts';
import { signedHeaders } from '../../../../runtime/aws/signed/signature-v4.ts';
import { OperationFailed, createSignedFetch } from '../../../../runtime/aws/signed/signed-fetch.ts';
import { createSignedNotifier } from '../../../../runtime/aws/signed/signed-notifier.ts';
import { createSignedObjects } from '../../../../runtime/aws/signed/signed-objects.ts';
import { createSignedSecrets } from '../../../../runtime/aws/signed/signed-secrets.ts';

/** The example of docs.aws.amazon.com/AmazonS3/latest/API/sig-v4-header-based-auth.html, "GET Object". */
const EXAMPLE = {
  credentials: {
    accessKeyId: 'AKIAIOSFODNN7EXAMPLE',
    secretAccessKey: 'wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY',
  },
  nowMs: Date.UTC(2013, 4, 24),
  ...{ service: 's3', region: 'us-east-1' },
};

describe('a signature', () => {
  const request = { method: 'GET', host: 'examplebucket.s3.amazonaws.com', body: '' } as const;

  it("is the one of AWS's published example", () => {
    const headers = signedHeaders(
      { ...request, path: '/test.txt', headers: { range: 'bytes=0-9' } },
      EXAMPLE,
    );

    expect(headers['authorization']).toBe(
      'AWS4-HMAC-SHA256 Credential=AKIAIOSFODNN7EXAMPLE/20130524/us-east-1/s3/aws4_request,' +
        'SignedHeaders=host;range;x-amz-content-sha256;x-amz-date,' +
        'Signature=f0e8bdb87c964420e857bd35b5d6ed310bd44f0170aba48dd91039c6036bdb41',
    );
  });

  it('covers the session token, the body and the path', () => {
    const sign = (differs: object, credentials = {}) =>
      signedHeaders(
        { ...request, path: '/a', headers: {}, ...differs },
        { ...EXAMPLE, credentials: { ...EXAMPLE.credentials, ...credentials } },
      );
    const plain = sign({})['authorization'];

    const withToken = sign({}, { sessionToken: 'token' });
    expect(withToken['x-amz-security-token']).toBe('token');
    expect(withToken['authorization']).toContain('x-amz-security-token');
    expect(sign({ body: 'x' })['authorization']).not.toBe(plain);
    expect(sign({ path: '/b' })['authorization']).not.toBe(plain);
  });
});

interface Seen {
  readonly target: string;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly body: string;
}

describe('an operation without a client of the SDK', () => {
  let server: Server;
  let seen: Seen[];
  let answers: { readonly status: number; readonly body?: string }[];
  let slept: number[];

  beforeEach(async () => {
    [seen, answers, slept] = [[], [], []];
    server = createServer((request, response) => {
      let body = '';
      request.setEncoding('utf8').on('data', (chunk: string) => (body += chunk));
      request.on('end', () => {
        const { method = '', url = '', headers } = request;
        seen.push({ target: `${method} ${url}`, headers, body });
        const answer = answers.shift() ?? { status: 200, body: '' };
        response.writeHead(answer.status);
        response.end(answer.body);
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });

  afterEach(() => {
    server.closeAllConnections();
    server.close();
  });

  function send() {
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return createSignedFetch({
      region: 'eu-central-1',
      clock: {
        now: () => EXAMPLE.nowMs,
        sleep: (ms) => {
          slept.push(ms);
          return Promise.resolve();
        },
      },
      env: {
        AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
        AWS_SECRET_ACCESS_KEY: 'not-a-secret',
        AWS_SESSION_TOKEN: 'a-token',
        AWS_ENDPOINT_URL_S3: url,
        AWS_ENDPOINT_URL_SNS: `${url}/`,
        AWS_ENDPOINT_URL_SECRETS_MANAGER: url,
      },
    });
  }

  it('reads an object, signed with the token of the role', async () => {
    answers = [{ status: 200, body: 'bytes' }];
    const objects = createSignedObjects({ send: send(), bucket: 'lake' });

    const bytes = await objects.get('inputs/dt=2026-01-31/a.json');

    expect(Buffer.from(bytes).toString()).toBe('bytes');
    expect(seen[0]?.target).toBe('GET /lake/inputs/dt%3D2026-01-31/a.json');
    expect(seen[0]?.headers).toMatchObject({
      'x-amz-security-token': 'a-token',
      authorization: expect.stringContaining('/eu-central-1/s3/aws4_request') as unknown,
    });
  });

  it('says which object is not there, and refuses what is no key', async () => {
    const objects = createSignedObjects({ send: send(), bucket: 'lake' });
    answers = [{ status: 404 }, { status: 403 }];

    await expect(objects.get('a')).rejects.toThrow(ObjectNotFound);
    await expect(objects.get('a')).rejects.toThrow('s3 GetObject a: got status 403');
    await expect(objects.get('../a')).rejects.toThrow(RangeError);
    expect(seen).toHaveLength(2);
  });

  it('is sent again when AWS cannot answer, and given up after three times', async () => {
    const objects = createSignedObjects({ send: send(), bucket: 'lake' });
    answers = [{ status: 503 }, { status: 429 }, { status: 200, body: 'x' }];
    expect(await objects.get('a')).toHaveLength(1);
    expect(slept).toEqual([200, 400]);

    answers = [{ status: 500 }, { status: 500 }, { status: 500 }];
    await expect(objects.get('a')).rejects.toThrow('s3 GetObject: got status 500');
    server.closeAllConnections();
    server.close();
    await expect(objects.get('a')).rejects.toThrow(OperationFailed);
  });

  it('publishes a notice as a form', async () => {
    const notifier = createSignedNotifier({ send: send(), topicArn: 'arn:aws:sns:x:1:t' });
    answers = [{ status: 200 }, { status: 400 }];

    await notifier.notify({ subject: 'bud&get', body: '90 %' });

    expect(seen[0]?.target).toBe('POST /');
    expect(Object.fromEntries(new URLSearchParams(seen[0]?.body))).toEqual({
      ...{ Action: 'Publish', Version: '2010-03-31', TopicArn: 'arn:aws:sns:x:1:t' },
      ...{ Subject: 'bud&get', Message: 'bud&get\n\n90 %' },
    });
    await expect(notifier.notify({ subject: 'a', body: 'b' })).rejects.toThrow('got status 400');
  });

  it('reads a secret, and shows none of it when there is none', async () => {
    const secrets = createSignedSecrets({ send: send() });
    answers = [
      { status: 200, body: '{"SecretString":"s3cret"}' },
      { status: 400, body: '{"message":"s3cret"}' },
      { status: 200, body: '{"SecretBinary":"s3cret"}' },
    ];

    expect(await secrets.read('an-arn')).toBe('s3cret');
    expect(seen[0]?.headers['x-amz-target']).toBe('secretsmanager.GetSecretValue');
    expect(seen[0]?.body).toBe('{"SecretId":"an-arn"}');
    for (const why of ['got status 400', 'got no text']) {
      const error = await secrets.read('an-arn').catch((reason: unknown) => reason as Error);
      expect(String(error)).toContain(why);
      expect(String(error)).not.toContain('s3cret');
    }
  });
});

describe('the credentials of a function', () => {
  it('are those of its role, which Lambda puts into its environment', () => {
    const env = { AWS_ACCESS_KEY_ID: 'a', AWS_SECRET_ACCESS_KEY: 'b', AWS_SESSION_TOKEN: 'c' };

    expect(lambdaCredentials(env)).toEqual({
      ...{ accessKeyId: 'a', secretAccessKey: 'b', sessionToken: 'c' },
    });
    expect(() => lambdaCredentials({ AWS_ACCESS_KEY_ID: 'a' })).toThrow(NoCredentials);
  });
});
