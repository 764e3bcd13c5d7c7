import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { randomBytes } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { ModelCall, ModelEnd, ModelEvent } from '../../domain/model-call.ts';
import { DEPTH_LIMIT } from '../../handlers/edge/parse-body.ts';
import { USAGE, send, startGateway, tokensOf } from '../runtime/local/gateway-harness.ts';
import type { Harness, RawReply } from '../runtime/local/gateway-harness.ts';

/** Stands in every place where a prompt or an answer could. */
export const CANARY = randomBytes(16).toString('hex');
/** The same as bytes. */
export const CANARY_BASE64 = Buffer.from(CANARY).toString('base64');

/** One operation of a dialect. */
export interface HostileRoute {
  readonly what: string;
  readonly path: string;
  readonly headers?: readonly (readonly [string, string])[];
  /** With every field that is accepted. */
  readonly body: object;
  /** Is the answer fetched later, or in bytes of another form? Then it is not in the reply. */
  readonly later?: true;
  /**
   * Given where no unknown field is taken anywhere: names of the objects whose members are the caller's own.
   */
  readonly closed?: readonly string[];
}

/** What every client of a dialect meets. */
export interface HostileDialect {
  readonly routes: readonly HostileRoute[];
  /** Is this the body of an error, as the dialect's clients read them? */
  readonly isError: (body: unknown) => boolean;
}

interface Place {
  /** The names on the way to it. */
  readonly names: readonly string[];
  readonly value: unknown;
  /** The whole with another value in this place. */
  readonly put: (other: unknown) => unknown;
}

/** Every value inside a value, itself first. */
function* places(value: unknown, names: readonly string[] = []): Generator<Place> {
  yield { names, value, put: (other) => other };
  if (typeof value !== 'object' || value === null) return;
  for (const [name, inner] of Object.entries(value)) {
    // A model's id is no secret: lines and reservations say what was asked for.
    if (name === 'model') continue;
    for (const place of places(inner, [...names, name])) {
      const put = (other: unknown) =>
        Array.isArray(value)
          ? value.map((one: unknown, at) => (String(at) === name ? place.put(other) : one))
          : { ...value, [name]: place.put(other) };
      yield { ...place, put };
    }
  }
}

const OTHERS: readonly (readonly [string, unknown])[] = [
  ['text', CANARY],
  ['an empty text', ''],
  ['nothing', null],
  ['a number', 7],
  ['a broken number', -1e308],
  ['a flag', true],
  ['an empty list', []],
  ['an empty object', {}],
  ['a list', [CANARY, { [`say ${CANARY}`]: CANARY }]],
  ['an object', { [`say ${CANARY}`]: CANARY, type: CANARY, role: CANARY }],
  ['an object of a known type', { type: 'text', [`say ${CANARY}`]: CANARY }],
  ['an object that says it is a function', { type: 'function', [`say ${CANARY}`]: CANARY }],
  ['an object of a known member', { text: { text: CANARY } }],
  ['prototypes', JSON.parse(`{"__proto__":{"a":"${CANARY}"},"constructor":"${CANARY}"}`)],
];

const encoded = (value: unknown) => Buffer.from(JSON.stringify(value));

/** Says the canary in every way that a model can. */
function answerWith(call: ModelCall): readonly (string | Exclude<ModelEvent, ModelEnd>)[] {
  const reply = encoded({ embedding: [1], images: [CANARY], said: CANARY });
  const body = { type: 'body', contentType: 'application/json', bytes: reply } as const;
  if (call.kind === 'invoke') {
    return call.stream ? [{ type: 'chunk', bytes: reply }] : call.bodies.map(() => body);
  }
  return [
    ...[{ type: 'reasoning', text: CANARY } as const, CANARY],
    { type: 'reasoning_signature', signature: CANARY_BASE64 },
    { type: 'redacted_reasoning', data: CANARY_BASE64 },
    { type: 'tool_use', toolUseId: `u${CANARY}`, name: `t${CANARY}` },
    { type: 'tool_input', json: JSON.stringify({ a: CANARY }) },
  ];
}

/** What every dialect must withstand, without a trace of what was said in anything that is written. */
export function describeHostile(dialect: string, { routes, isError }: HostileDialect): void {
  const told: string[] = [];
  const restores: (() => void)[] = [];
  let harness: Harness;
  let failure: 'cut' | 'client_error' | undefined;

  const post = ({ path, headers = [] }: HostileRoute, body: unknown): Promise<RawReply> =>
    send(harness, {
      path,
      headers: [['x-api-key', harness.key], ...headers],
      body: JSON.stringify(body),
    });

  beforeAll(async () => {
    for (const stream of [process.stdout, process.stderr]) {
      const write = stream.write.bind(stream);
      stream.write = (chunk: string | Uint8Array) => {
        told.push(String(chunk));
        return true;
      };
      restores.push(() => (stream.write = write));
    }
    harness = await startGateway({
      answer: (call) => ({
        ...{ usage: USAGE, firstByteMs: 0, generateMs: 0, ...(failure && { failure }) },
        text: answerWith(call),
      }),
    });
  });

  afterEach(() => {
    failure = undefined;
  });

  afterAll(async () => {
    await harness.drain();
    for (const restore of restores) restore();
    const files = readdirSync(harness.folder, { recursive: true, withFileTypes: true })
      // What a client asked to be kept for it is kept there, until it expires, and nowhere else.
      .filter((entry) => entry.isFile() && !entry.name.startsWith('jobs.sqlite'))
      .map(({ parentPath, name }) => {
        return { where: name, text: readFileSync(join(parentPath, name), 'latin1') };
      });
    expect(files.length).toBeGreaterThan(1);
    const terminal = { where: 'terminal', text: told.join('') };
    const errors = harness.errors.map((error) => (error as Error).stack ?? '').join('');
    const traces = [...files, terminal, { where: 'errors', text: errors }].filter(
      ({ text }) => text.includes(CANARY) || text.includes(CANARY_BASE64),
    );
    expect(traces.map(({ where }) => where)).toEqual([]);
    expect(tokensOf(harness.lines())).toEqual(harness.models.counts().tokens);
    expect(new Set(harness.lines().map(({ tenant }) => tenant))).toEqual(new Set([harness.tenant]));
    expect(harness.errors).toEqual([]);
    await harness.stop();
  });

  describe.each(routes)(`${dialect}: a body for $what`, (route) => {
    it('with every field is understood, and leaves no trace', async () => {
      const { status, text } = await post(route, route.body);

      expect([status, text.includes(CANARY) || route.later === true]).toEqual([200, true]);
    });

    it.each(OTHERS)(
      'with %s in any place is answered or refused, and never quoted',
      async (_, other) => {
        const one = async ({ put }: Place) => {
          const { status, text } = await post(route, put(other));

          expect([200, 400]).toContain(status);
          if (status === 200) return;
          expect([text.includes(CANARY), isError(JSON.parse(text))]).toEqual([false, true]);
        };
        await Promise.all([...places(route.body)].map(one));
      },
    );

    it('that claims a tenant is refused, or bills the one of the key all the same', async () => {
      for (const name of ['tenant', 'team_id', 'workspace', 'project', 'x-tenant']) {
        const { status } = await post(route, { ...route.body, [name]: harness.other });
        expect(route.closed ? [400] : [200, 400]).toContain(status);
      }
    });

    const { closed } = route;
    if (closed) {
      it('with a field that nobody knows beside any other is refused by its name', async () => {
        for (const { names, value, put } of places(route.body)) {
          if (typeof value !== 'object' || value === null || Array.isArray(value)) continue;
          if (names.some((name) => closed.includes(name))) continue;
          const { status, text } = await post(route, put({ ...value, nobody_knows: CANARY }));

          expect([names, status]).toEqual([names, 400]);
          expect(text).toContain('nobody_knows: not supported');
          expect(text).not.toContain(CANARY);
        }
      });
    }

    it('that nests too deep is refused', async () => {
      let deep: unknown = CANARY;
      for (let level = 0; level < DEPTH_LIMIT; level += 1) deep = [deep];
      const { status, text } = await post(route, { ...route.body, deep });

      expect([status, text.includes(CANARY)]).toEqual([400, false]);
    });

    it('that fails, before or in the middle of the answer, leaves no trace either', async () => {
      failure = 'cut';
      await post(route, route.body);
      failure = 'client_error';
      const { text } = await post(route, route.body);
      expect(text).not.toContain(CANARY);
    });
  });
}
