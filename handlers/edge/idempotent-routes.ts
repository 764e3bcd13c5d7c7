import type { ApiHandler, ApiRequest, ApiResponse, Headers, Route } from './api-exchange.ts';
import { ApiRefused } from './api-exchange.ts';
import { HOUR_MS } from '../../domain/instant.ts';
import { LONGEST_CALL_MS } from '../../domain/window.ts';
import { JobTooLong } from '../ports.ts';
import type { Clock, Codec, Jobs } from '../ports.ts';

interface IdempotencyPorts {
  readonly jobs: Jobs;
  readonly clock: Pick<Clock, 'now'>;
  readonly codec: Pick<Codec, 'sha256'>;
}

/** An outcome is kept this long for a client that asks again. */
const KEPT_MS = 24 * HOUR_MS;
/** Longest answer that is kept, in bytes: a store's item ends there. */
const ANSWER_MAX = 262_144;
const KEY = /^[\x21-\x7e]{1,255}$/;
const HEADER = 'idempotency-key';

type TenantRoute = Extract<Route, { access: 'tenant' }>;

/** What is kept of an answer: enough to give it again. */
interface KeptAnswer {
  readonly headers: Headers;
  readonly contentType: string;
  readonly stream: boolean;
  /** Latin-1 text of the bytes, so that any bytes keep their length in JSON. */
  readonly text: string;
}

/**
 * Routes whose POSTs can be asked again: under the same `Idempotency-Key` and body a caller gets the
 * outcome of the first call, which alone reached a model. Another body is 422, a call that still runs
 * 409. A call that was refused or failed leaves nothing behind, so that it can be tried again.
 */
export function withIdempotency(routes: readonly Route[], ports: IdempotencyPorts): Route[] {
  return routes.map((route) => {
    if (route.access !== 'tenant' || route.method !== 'POST') return route;
    return { ...route, handle: idempotent(route, ports) };
  });
}

function idempotent({ path, handle }: TenantRoute, ports: IdempotencyPorts): ApiHandler {
  const { jobs, clock, codec } = ports;

  return async function answerOnce(request, response) {
    const key = keyOf(request);
    if (key === undefined) return handle(request, response);
    const { tenant } = request.principal;
    const id = `idem-${codec.sha256(key)}`;
    const { params, query, bytes } = request;
    const asked = codec.sha256(JSON.stringify([path, params, query, codec.sha256(bytes)]));
    const nowMs = clock.now();
    const claim = { tenant, id, result: { status: 0, body: asked } };
    if (!(await jobs.begin({ ...claim, expiresMs: nowMs + LONGEST_CALL_MS }, nowMs))) {
      return again({ ports, tenant, id, asked }, response);
    }
    const recorded = recordedResponse(response);
    const keep = async () => {
      const expiresMs = clock.now() + KEPT_MS;
      const result = recorded.kept();
      if (result) {
        await jobs.put({ tenant, id: `${id}-answer`, result, expiresMs }).catch(unlessTooLong);
      }
      await jobs.put({ ...claim, expiresMs });
    };
    return handle(request, recorded.response).then(
      ({ settled }) => ({ settled: Promise.all([settled, keep()]).then(() => undefined) }),
      async (error: unknown) => {
        // There is no answer to give again: the claim ends now, and the next try is a new call.
        await jobs.put({ ...claim, expiresMs: clock.now() });
        throw error;
      },
    );
  };
}

/** An answer that is not kept is not given again; its claim stands all the same. */
function unlessTooLong(error: unknown): void {
  if (!(error instanceof JobTooLong)) throw error;
}

function keyOf({ headers }: ApiRequest): string | undefined {
  const keys = headers.filter(([name]) => name.toLowerCase() === HEADER);
  const [first] = keys;
  if (!first) return undefined;
  if (keys.length === 1 && KEY.test(first[1])) return first[1];
  throw new ApiRefused(400, `${HEADER}: expected one, of 1 to 255 visible ASCII characters`);
}

interface Repeated {
  readonly ports: IdempotencyPorts;
  readonly tenant: string;
  readonly id: string;
  readonly asked: string;
}

const NOTHING_LEFT = { settled: Promise.resolve() };

async function again({ ports, tenant, id, asked }: Repeated, response: ApiResponse) {
  const nowMs = ports.clock.now();
  const [claim, answer] = await Promise.all([
    ports.jobs.find({ tenant, id }, nowMs),
    ports.jobs.find({ tenant, id: `${id}-answer` }, nowMs),
  ]);
  if (claim?.result && claim.result.body !== asked) {
    throw new ApiRefused(422, `${HEADER}: was used with another request`, {
      code: 'idempotency_key_reused',
    });
  }
  if (!answer?.result) {
    throw new ApiRefused(409, `${HEADER}: its call still runs, or its answer is too long to keep`, {
      ...{ code: 'idempotency_conflict', headers: { 'x-should-retry': 'false' } },
    });
  }
  const { status, body } = answer.result;
  const { headers, contentType, stream, text } = JSON.parse(body) as KeptAnswer;
  const bytes = bytesOf(text);
  if (stream) {
    response.stream(contentType, [bytes]);
    response.end();
  } else response.bytes(status, bytes, { ...headers, 'content-type': contentType });
  return NOTHING_LEFT;
}

/** Passes everything on and remembers what an admitted call was answered. */
function recordedResponse(response: ApiResponse) {
  const utf8 = new TextEncoder();
  let status = 200;
  let head: Headers = {};
  let contentType = 'application/json; charset=utf-8';
  let stream = false;
  const pieces: Uint8Array[] = [];
  const keep = (piece: string | Uint8Array) =>
    pieces.push(typeof piece === 'string' ? utf8.encode(piece) : piece);

  const recording: ApiResponse = {
    hasStarted: () => response.hasStarted(),
    identify: (id, headers = {}) => {
      head = { ...headers, 'x-tollbook-event-id': id };
      response.identify(id, headers);
    },
    json: (given, body, headers) => {
      status = given;
      keep(JSON.stringify(body));
      response.json(given, body, headers);
    },
    bytes: (given, body, headers) => {
      [status, contentType] = [given, headers['content-type']];
      keep(body);
      response.bytes(given, body, headers);
    },
    stream: (type, given) => {
      [stream, contentType] = [true, type];
      for (const piece of given) keep(piece);
      response.stream(type, given);
    },
    end: () => {
      response.end();
    },
  };

  return {
    response: recording,
    /** Undefined where too much was said. */
    kept: () => {
      const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
      if (length > ANSWER_MAX) return undefined;
      const text = pieces.map(latin1).join('');
      const kept: KeptAnswer = { headers: head, contentType, stream, text };
      return { status, body: JSON.stringify(kept) };
    },
  };
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}

function bytesOf(text: string): Uint8Array {
  return Uint8Array.from(text, (letter) => letter.charCodeAt(0));
}
