import { GUARDRAIL_HEADERS } from '../guardrail-units.ts';
import type { InvokeCall } from '../model-call.ts';
import { NO_TOKENS } from '../meters.ts';
import type { TokenUsage } from '../meters.ts';
import type { ModelEnd, ModelEvent } from '../model-call.ts';
import type { AskedModel } from './bedrock-converse.ts';
import { awsEvent } from './event-stream.ts';
import { countedInBody } from './image-bodies.ts';
import { readInvokeBody } from './invoke-body.ts';
import { BadRequest } from './problem.ts';

/** As usage lines name this dialect and operation. */
export const BEDROCK_INVOKE = 'bedrock.invoke';

const JSON_TYPE = 'application/json';
const PREFIX = 'x-amzn-bedrock-';
/** Request headers of InvokeModel that ask for another price. */
export const SERVED_HEADERS = {
  tier: `${PREFIX}service-tier`,
  latency: `${PREFIX}performanceconfig-latency`,
} as const;
/** Request headers of InvokeModel that are passed on. */
const PASSED: ReadonlySet<string> = new Set([
  ...Object.values(GUARDRAIL_HEADERS),
  ...Object.values(SERVED_HEADERS),
]);
/** What kind of answer a client would take; each says JSON, or nothing in particular. */
const ACCEPTED: ReadonlySet<string> = new Set(['', '*/*', JSON_TYPE]);

/** A request of InvokeModel as it came. */
export interface InvokeRequest extends AskedModel {
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly bytes: Uint8Array;
  /** The same body, parsed. */
  readonly body: unknown;
}

/**
 * Reads a request of InvokeModel: the body goes to the model as it is, with an output cap.
 *
 * @throws BadRequest for a body that `readInvokeBody` refuses, and for headers of Bedrock's that would
 * not be honoured: among them `request-metadata`, which says who is billed and is this gateway's to write.
 */
export function parseBedrockInvoke(request: InvokeRequest): InvokeCall {
  const { modelRequested, stream } = request;
  const { fields, bytes, maxTokens } = readInvokeBody(modelRequested, request.bytes, request.body);
  return {
    ...{ kind: 'invoke', api: BEDROCK_INVOKE, modelRequested, stream, maxTokens },
    bodies: [bytes],
    ...{ contentType: JSON_TYPE, accept: JSON_TYPE },
    other: countedInBody(modelRequested, fields),
    headers: passedHeaders(request),
  };
}

function passedHeaders({ headers, stream }: InvokeRequest): Readonly<Record<string, string>> {
  const accept = stream ? `${PREFIX}accept` : 'accept';
  const passed: [string, string][] = [];
  for (const [spelled, value] of headers) {
    const name = spelled.toLowerCase();
    if (name === accept && !ACCEPTED.has(value.split(';', 1)[0]?.trim() ?? '')) {
      throw new BadRequest(accept, `not supported, expected ${JSON_TYPE}`);
    }
    if (!name.startsWith(PREFIX) || name === accept) continue;
    if (!PASSED.has(name)) {
      const expected = [...PASSED].join(', ');
      throw new BadRequest(
        'headers',
        `got one of Bedrock's that is not supported, expected only ${expected}`,
      );
    }
    if (passed.some(([other]) => other === name))
      throw new BadRequest(name, 'got two, expected one');
    passed.push([name, value]);
  }
  return Object.fromEntries(passed);
}

/** The bytes of the whole answer. @throws Error if the model gave another number of them than one. */
export function invokedBody(events: readonly ModelEvent[]) {
  const bodies = events.filter((event) => event.type === 'body');
  const [body] = bodies;
  if (body && bodies.length === 1) return body;
  throw new Error(`invoke: got ${bodies.length} bodies, expected 1`);
}

/** What InvokeModel's reply says of usage: in headers, beside a body that is the model's own. */
export function invokedHeaders(end: ModelEnd | undefined, latencyMs: number) {
  const { input, output, cache_read, cache_write_5m, cache_write_1h }: TokenUsage =
    end?.usage ?? NO_TOKENS;
  const counts = {
    'input-token-count': input,
    'output-token-count': output,
    'cache-read-input-token-count': cache_read,
    'cache-write-input-token-count': cache_write_5m + cache_write_1h,
    'invocation-latency': latencyMs,
  };
  return {
    ...Object.fromEntries(
      Object.entries(counts).map(([name, count]) => [`${PREFIX}${name}`, String(count)]),
    ),
    ...(end && {
      [`${PREFIX}service-tier`]: end.tier === 'standard' ? 'default' : end.tier,
      [`${PREFIX}performanceconfig-latency`]: end.latencyClass,
    }),
  };
}

/** Turns events into the messages of InvokeModelWithResponseStream. */
export function invokedMessages(event: ModelEvent): readonly Uint8Array[] {
  if (event.type !== 'chunk' && event.type !== 'body') return [];
  return [awsEvent('chunk', { bytes: base64(event.bytes) })];
}

const PIECE_BYTES = 8192;

function base64(bytes: Uint8Array): string {
  let text = '';
  for (let at = 0; at < bytes.length; at += PIECE_BYTES) {
    text += String.fromCharCode(...bytes.subarray(at, at + PIECE_BYTES));
  }
  return btoa(text);
}
