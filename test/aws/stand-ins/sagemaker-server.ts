import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { awsException, eventStreamMessage } from '../../../domain/dialects/event-stream.ts';
import { listen, stop } from './aws-json-server.ts';

/** One request for an endpoint, as it came. */
export interface EndpointRequest {
  readonly endpoint: string;
  readonly component: string | null;
  readonly stream: boolean;
  /** Parsed, where it is JSON. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What the container behind an endpoint answers. */
export type ContainerAnswer =
  | { readonly json: unknown }
  /** Pieces of a stream, cut as they are here; it ends well, in an error of this name, or by `break`. */
  | {
      readonly pieces: readonly string[];
      readonly pauseMs?: number;
      readonly end?: string;
    }
  /** An error of SageMaker's, or of the container where `original` says its status. */
  | { readonly error: string; readonly status: number; readonly original?: number }
  | 'silence';

export interface SageMakerServer {
  readonly endpoint: string;
  readonly requests: readonly EndpointRequest[];
  close(): Promise<void>;
}

const PATH = /^\/endpoints\/([A-Za-z0-9-]+)\/(invocations|invocations-response-stream)$/;
const SCOPE = /^AWS4-HMAC-SHA256 Credential=[^/]+\/\d{8}\/us-east-1\/sagemaker\/aws4_request,/;

/** SageMaker's runtime API on a loopback port; what containers answer, a test decides. */
export async function startSageMakerServer(
  answer: (request: EndpointRequest) => ContainerAnswer,
): Promise<SageMakerServer> {
  const requests: EndpointRequest[] = [];
  let served = 0;

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const head = { 'x-amzn-requestid': `request-${(served += 1)}` };
    const [, endpoint, operation] = PATH.exec(request.url ?? '') ?? [];
    const text = await textOf(request);
    const signed = SCOPE.test(request.headers.authorization ?? '');
    if (endpoint === undefined || request.method !== 'POST' || !signed) {
      refuse(response, head, { error: 'ValidationError', status: 400 });
      return;
    }
    const stream = operation === 'invocations-response-stream';
    const component = request.headers['x-amzn-sagemaker-inference-component'];
    const asked: EndpointRequest = {
      ...{ endpoint, stream, component: typeof component === 'string' ? component : null },
      body: JSON.parse(text) as EndpointRequest['body'],
    };
    requests.push(asked);
    const given = answer(asked);
    if (given === 'silence') return;
    if ('error' in given) refuse(response, head, given);
    else if ('json' in given) {
      response.writeHead(200, { ...head, 'content-type': 'application/json' });
      response.end(JSON.stringify(given.json));
    } else await sendPieces(response, head, given);
  }

  const server = createServer((request, response) => {
    serve(request, response).catch((error: unknown) => response.destroy(error as Error));
  });
  return { endpoint: await listen(server), requests, close: () => stop(server) };
}

async function sendPieces(
  response: ServerResponse,
  head: Readonly<Record<string, string>>,
  { pieces, pauseMs = 0, end }: Extract<ContainerAnswer, { readonly pieces: unknown }>,
): Promise<void> {
  const type = 'application/vnd.amazon.eventstream';
  response.writeHead(200, { ...head, 'content-type': type });
  response.flushHeaders();
  for (const piece of pieces) {
    response.write(
      eventStreamMessage(
        {
          ':event-type': 'PayloadPart',
          ...{ ':message-type': 'event', ':content-type': 'application/octet-stream' },
        },
        new TextEncoder().encode(piece),
      ),
    );
    await new Promise((done) => setTimeout(done, pauseMs));
  }
  if (end === 'break') response.destroy();
  else response.end(end === undefined ? undefined : awsException(end, 'no'));
}

function refuse(
  response: ServerResponse,
  head: Readonly<Record<string, string>>,
  { error, status, original }: Extract<ContainerAnswer, { readonly error: unknown }>,
): void {
  const said = original === undefined ? {} : { OriginalStatusCode: original };
  response.writeHead(status, {
    ...head,
    ...{ 'content-type': 'application/json', 'x-amzn-errortype': `${error}:http://internal/` },
  });
  response.end(
    JSON.stringify({ Message: 'CONTAINER-WORDS', OriginalMessage: 'CONTAINER-WORDS', ...said }),
  );
}

async function textOf(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString('utf8');
}
