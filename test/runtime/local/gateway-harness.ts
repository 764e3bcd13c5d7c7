import OpenAI from 'openai';
import type { ClientOptions } from 'openai';
import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { request } from 'node:http';
import type { IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOKEN_METERS } from '../../../domain/meters.ts';
import type { TokenUsage } from '../../../domain/meters.ts';
import type { ModelCall } from '../../../domain/model-call.ts';
import { parseUsageLine } from '../../../domain/usage-line.ts';
import type { UsageEvent } from '../../../domain/usage-event.ts';
import { createAdminRoutes } from '../../../handlers/admin/admin-routes.ts';
import { createAuthenticateOperator } from '../../../handlers/admin/operators.ts';
import { createModelRegistry } from '../../../handlers/invoke/model-documents.ts';
import { createMeRoutes } from '../../../handlers/admin/me-routes.ts';
import { createAuthenticateAny } from '../../../handlers/edge/authenticate-any.ts';
import { createAuthenticate } from '../../../handlers/edge/authenticate.ts';
import type { Principal } from '../../../handlers/edge/authenticate.ts';
import { createGatewayRoutes } from '../../../handlers/edge/gateway-routes.ts';
import { createAddTenant, createIssueKey } from '../../../handlers/admin/issue-key.ts';
import { createOpenApiRoute } from '../../../handlers/edge/openapi-route.ts';
import type { ResolveModel } from '../../../handlers/invoke/resolve-model.ts';
import type { ModelClient, UsageLog } from '../../../handlers/ports.ts';
import { createTenantRules } from '../../../handlers/invoke/tenant-rules.ts';
import { createSimulatedBedrock } from '../../../runtime/local/simulated/simulated-bedrock.ts';
import type { SimulatedAnswer } from '../../../runtime/local/simulated/simulated-bedrock.ts';
import { createGateway } from '../../../runtime/local/edge/http-gateway.ts';
import type { GatewayOptions } from '../../../runtime/local/edge/http-gateway.ts';
import { createJournal } from '../../../runtime/local/journal/journal.ts';
import { nodeCodec } from '../../../runtime/node/codec.ts';
import { createSqliteJobs } from '../../../runtime/local/sqlite/sqlite-jobs.ts';
import { createSqliteStore } from '../../../runtime/local/sqlite/sqlite-store.ts';
import { looksLikeJwt } from '../../../runtime/node/jwt-form.ts';
import { createLineMac } from '../../../runtime/node/line-mac.ts';
import { createModels } from '../../../runtime/node/models.ts';
import { systemClock } from '../../../runtime/node/system.ts';
import { recordedIndex } from '../../pricing/price-rows.ts';

/** A model that the recorded prices know. */
export const MODEL = 'amazon.nova-lite-v1:0';
/** What one call of the default answer uses. */
export const USAGE: TokenUsage = {
  ...{ input: 11, cache_read: 5, cache_write_5m: 3, cache_write_1h: 2, output: 20 },
};
export const WORDS = Array.from({ length: 20 }, (_, index) => `word${index} `);

export function answerOf(differs: Partial<SimulatedAnswer> = {}): SimulatedAnswer {
  return { usage: USAGE, firstByteMs: 2, generateMs: 60, text: WORDS, ...differs };
}

interface HarnessOptions {
  readonly answer?: (call: ModelCall) => SimulatedAnswer;
  /** Models beside the simulated ones. */
  readonly others?: { readonly sageMaker: ModelClient; readonly resolveModel: ResolveModel };
  /** Stands between the gateway and its journal. */
  readonly log?: (journal: UsageLog) => UsageLog;
  readonly authenticate?: (credential: string) => Promise<undefined>;
  /** Says whose a token is; without it no token opens anything. */
  readonly tokens?: (credential: string) => Promise<Principal | undefined>;
  readonly drainMs?: number;
}

/** Something that serves routes over HTTP. */
export interface Edge {
  readonly port: number;
  /** Waits for all that runs. */
  close(): Promise<void>;
}

/** Opens an edge: that of one machine, or API Gateway and Lambda's. */
export type OpenEdge = (options: GatewayOptions) => Promise<Edge>;

/** What tests of an edge see, wherever its gateway runs. */
export type EdgeHarness = Pick<
  Harness,
  | 'url'
  | 'port'
  | 'key'
  | 'otherKey'
  | 'tenant'
  | 'other'
  | 'errors'
  | 'journalText'
  | 'lines'
  | 'sdk'
  | 'drain'
  | 'stop'
> & {
  readonly models: Pick<Harness['models'], 'counts'>;
  readonly store: Pick<Harness['store'], 'findReservation' | 'change'>;
};

/** Starts a gateway on the edge under test. */
export type StartGateway = (options?: Pick<HarnessOptions, 'answer'>) => Promise<EdgeHarness>;

/** Starts a gateway on the edge under test, over ports that the test can break. */
export type BreakGateway = (options?: HarnessOptions) => Promise<Harness>;

async function openLocalEdge(options: GatewayOptions): Promise<Edge> {
  const gateway = createGateway(options);
  const { port } = await gateway.listen(0);
  return { port, close: gateway.close };
}

const random = { bytes: (count: number) => new Uint8Array(randomBytes(count)) };
const pepper = randomBytes(32);
const secrets = {
  mac: (secret: string) => createHmac('sha256', pepper).update(secret).digest('hex'),
  equal: (left: string, right: string) => timingSafeEqual(Buffer.from(left), Buffer.from(right)),
};

/** A gateway on real HTTP over the simulated Bedrock, with the real store and journal of a machine. */
export async function startGateway(
  options: HarnessOptions = {},
  openEdge: OpenEdge = openLocalEdge,
) {
  const folder = mkdtempSync(join(tmpdir(), 'tollbook-gateway-'));
  const journalFolder = join(folder, 'journal');
  const clock = systemClock;
  const store = createSqliteStore({ file: join(folder, 'store.sqlite') });
  const journal = createJournal({ folder: journalFolder, clock });
  const jobs = createSqliteJobs({ file: join(folder, 'jobs.sqlite'), clock });
  const models = createSimulatedBedrock({ clock, answer: options.answer ?? (() => answerOf()) });
  const made = { store, random, clock, actor: 'test' };
  const tenant = await createAddTenant(made)('Acme', 'cc-1');
  const other = await createAddTenant(made)('Other', null);
  const issueKey = createIssueKey({ ...made, secrets });
  const [key, otherKey] = [(await issueKey(tenant)).text, (await issueKey(other)).text];
  const { others } = options;
  const notices: string[] = [];
  const errors: unknown[] = [];
  const administration = { store, records: store, limits: store, secrets, clock, random };
  const routes = [
    ...createMeRoutes({
      administration,
      usageOf: (of, range) =>
        Promise.resolve({ tenant: of, ...range, data_up_to: null, usage: [] }),
    }),
    ...createAdminRoutes(administration),
    ...createGatewayRoutes({
      ...{
        store,
        usageLog: options.log?.(journal) ?? journal,
        models: others ? createModels({ ...others, bedrock: models }) : models,
        jobs,
        clock,
        random,
        codec: nodeCodec,
      },
      ...{
        mac: createLineMac(randomBytes(32)),
        prices: () => Promise.resolve(recordedIndex),
        region: 'us-east-1',
      },
      ...{ limits: store, rules: createTenantRules({ records: store, clock }) },
      registered: createModelRegistry({ records: store, clock }),
      ...(others && { resolveModel: others.resolveModel }),
      notifier: {
        notify: ({ subject }) => {
          notices.push(subject);
          return Promise.resolve();
        },
      },
    }),
  ];
  const edge = await openEdge({
    routes: [...routes, createOpenApiRoute(routes)],
    authenticate:
      options.authenticate ??
      createAuthenticateAny({
        key: createAuthenticate({ store, secrets, clock }),
        token: options.tokens ?? (() => Promise.resolve(undefined)),
        isToken: looksLikeJwt,
      }),
    authenticateOperator: createAuthenticateOperator({ records: store, secrets, clock }),
    onError: (error) => errors.push(error),
    ...(options.drainMs !== undefined && { drainMs: options.drainMs }),
  });
  const { port } = edge;
  const url = `http://127.0.0.1:${port}`;

  const journalText = () =>
    readdirSync(journalFolder)
      .map((name) => readFileSync(join(journalFolder, name), 'utf8'))
      .join('');

  return {
    ...{ folder, url, port, key, otherKey, tenant: tenant.tenant, other: other.tenant },
    ...{ models, store, jobs, secrets, errors, notices, journalText },
    lines: () => journalText().split('\n').slice(0, -1).map(eventOf),
    sdk: (differs: ClientOptions = {}) =>
      new OpenAI({ apiKey: key, baseURL: `${url}/v1`, maxRetries: 0, ...differs }),
    /** Closes the gateway, which waits for all that runs, and nothing else. */
    drain: () => edge.close(),
    async stop() {
      await edge.close().catch(() => undefined);
      journal.close();
      jobs.close();
      store.close();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

export type Harness = Awaited<ReturnType<typeof startGateway>>;

function eventOf(line: string): UsageEvent {
  const parsed = parseUsageLine(line);
  if (!parsed.ok) throw new Error(`usage line: ${parsed.fault}`);
  return parsed.event;
}

/** Sums of the token meters over usage lines. */
export function tokensOf(events: readonly UsageEvent[]): Record<string, number> {
  return Object.fromEntries(
    TOKEN_METERS.map((meter) => [meter, events.reduce((sum, event) => sum + event[meter], 0)]),
  );
}

export interface RawReply {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly body?: string | Uint8Array;
}

/** A request whose path and headers go out as they are written, twice if they are written twice. */
export function send({ port }: { port: number }, raw: RawRequest): Promise<RawReply> {
  const { method = 'POST', path = '/v1/chat/completions', headers = [], body } = raw;
  return new Promise((resolve, reject) => {
    const length = body === undefined ? [] : ['content-length', String(Buffer.byteLength(body))];
    const flat = ['host', '127.0.0.1', ...headers.flat(), ...length];
    const sent = request({ port, host: '127.0.0.1', method, path, headers: flat }, (reply) => {
      let text = '';
      reply.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      reply.on('end', () => {
        resolve({ status: reply.statusCode ?? 0, headers: reply.headers, text });
      });
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

/** Everything a server says to these bytes until it closes the connection. */
export function sendBytes({ port }: { port: number }, bytes: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let text = '';
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    socket.on('close', () => {
      resolve(text);
    });
    socket.on('error', reject);
  });
}

/** A log whose lines wait until they are let through. */
export function gatedLog() {
  const { promise: gate, resolve } = Promise.withResolvers<undefined>();
  const { promise: asked, resolve: ask } = Promise.withResolvers<undefined>();
  const log = (journal: UsageLog): UsageLog => ({
    append: async (line) => {
      ask(undefined);
      await gate;
      await journal.append(line);
    },
  });
  const open = () => {
    resolve(undefined);
  };
  return { log, asked, open };
}

/** The body of the smallest chat completion. */
export function chatBody(differs: Record<string, unknown> = {}): string {
  const messages = [{ role: 'user', content: 'hello' }];
  return JSON.stringify({ model: MODEL, messages, ...differs });
}
