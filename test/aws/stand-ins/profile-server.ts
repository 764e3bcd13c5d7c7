import { createServer } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { listen, stop } from './aws-json-server.ts';

/** A request as it came. */
export interface ProfileRequest {
  readonly method: string;
  /** Path, escaped as it was sent. */
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
}

export interface ProfileServer {
  readonly endpoint: string;
  readonly requests: readonly ProfileRequest[];
  close(): Promise<void>;
}

const STATUS: Readonly<Record<string, number>> = {
  ...{ ThrottlingException: 429, ResourceNotFoundException: 404 },
  ...{ AccessDeniedException: 403, ValidationException: 400 },
};

/**
 * Bedrock's control plane, as far as GetInferenceProfile: REST, with errors by header.
 *
 * @param profiles - Profile ARN → ARNs of its models.
 * @param faults - What the first requests are answered with.
 */
export async function startProfileServer(
  profiles: Readonly<Record<string, readonly string[]>>,
  faults: string[] = [],
): Promise<ProfileServer> {
  const requests: ProfileRequest[] = [];
  const server = createServer(({ method = '', url: path = '', headers }, response) => {
    requests.push({ method, path, headers });
    const arn = decodeURIComponent(path.replace(/^\/inference-profiles\//, ''));
    const models = profiles[arn];
    const fault = faults.shift() ?? (models ? null : 'ResourceNotFoundException');
    const head = { 'content-type': 'application/json' };
    if (fault !== null) {
      response.writeHead(STATUS[fault] ?? 500, { ...head, 'x-amzn-errortype': fault });
      response.end(JSON.stringify({ message: fault }));
      return;
    }
    const profile = {
      ...{ inferenceProfileArn: arn, inferenceProfileId: arn.split('/')[1], status: 'ACTIVE' },
      ...{ inferenceProfileName: 'team', type: 'APPLICATION' },
      models: models?.map((modelArn) => ({ modelArn })),
    };
    response.writeHead(200, head).end(JSON.stringify(profile));
  });
  return { endpoint: await listen(server), requests, close: () => stop(server) };
}
