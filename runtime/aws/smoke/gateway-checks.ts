import type { Clock } from '../../../handlers/ports.ts';
import { CheckFailed, expectEqual } from './check.ts';
import type { Check } from './check.ts';

interface GatewayChecksProps {
  /** Without a slash at its end. */
  readonly baseUrl: string;
  /** A credential, made when it is first asked for. */
  readonly key: () => Promise<string>;
  /** Takes that credential back. */
  readonly revoke: () => Promise<void>;
  readonly model: string;
  readonly clock: Clock;
}

/** README promises it. */
const REVOKED_WITHIN_MS = 60_000;

/** What API Gateway does in front of the function: wire format, refusals, streaming. */
export function gatewayChecks(props: GatewayChecksProps): readonly Check[] {
  const { baseUrl, key, model, clock } = props;
  const ask = (credential?: string) =>
    fetch(`${baseUrl}/v1/chat/completions`, {
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        ...(credential !== undefined && { authorization: `Bearer ${credential}` }),
      },
      body: JSON.stringify({
        ...{ model, stream: true, max_tokens: 200 },
        messages: [{ role: 'user', content: 'Count from 1 to 60, one number a line.' }],
      }),
    });
  return [
    {
      name: 'the health check answers',
      run: async () => {
        const reply = await fetch(`${baseUrl}/health`);
        expectEqual('status', reply.status, 200);
        return reply.text();
      },
    },
    {
      name: 'a call without a key is refused in the words of the dialect',
      run: async () => refusedWith(await ask(), 401),
    },
    {
      name: 'a call with a wrong key is refused',
      run: async () => refusedWith(await ask(`mk_live_${'a'.repeat(12)}_x`), 401),
    },
    {
      name: 'a path that is no route is not found',
      run: async () => refusedWith(await fetch(`${baseUrl}/v1/nothing`), 404),
    },
    {
      name: 'an answer streams through API Gateway, and its usage plan lets it',
      run: async () => {
        const askedMs = clock.now();
        return streamed(await ask(await key()), { askedMs, now: () => clock.now() });
      },
    },
  ];
}

/** To be run last: the credential is of no use afterwards. */
export function revocationCheck({ baseUrl, key, revoke, clock }: GatewayChecksProps): Check {
  return {
    name: 'a revoked key is refused within a minute',
    run: async () => {
      const headers = { 'x-api-key': await key() };
      await revoke();
      const revokedMs = clock.now();
      while (clock.now() - revokedMs <= REVOKED_WITHIN_MS) {
        const { status } = await fetch(`${baseUrl}/v1/models`, { headers });
        if (status === 401) return `after ${clock.now() - revokedMs} ms`;
        await clock.sleep(1000);
      }
      throw new CheckFailed('key: still taken after a minute');
    },
  };
}

async function refusedWith(reply: Response, status: number): Promise<string> {
  expectEqual('status', reply.status, status);
  const { error } = (await reply.json()) as { error?: { message?: unknown } };
  expectEqual('error.message', typeof error?.message, 'string');
  return `${status} ${String(error?.message)}`;
}

async function streamed(
  reply: Response,
  { askedMs, now }: { readonly askedMs: number; readonly now: () => number },
): Promise<string> {
  if (reply.status !== 200) {
    throw new CheckFailed(`status: got ${reply.status} ${await reply.text()}, expected 200`);
  }
  expectEqual('content-type', reply.headers.get('content-type'), 'text/event-stream');
  const decoder = new TextDecoder();
  let [chunks, text, firstMs] = [0, '', 0];
  for await (const chunk of reply.body ?? []) {
    if (chunks === 0) firstMs = now();
    chunks += 1;
    text += decoder.decode(chunk as Uint8Array, { stream: true });
  }
  if (!text.trimEnd().endsWith('data: [DONE]')) {
    throw new CheckFailed(
      `stream: got ${text.length} characters, expected data: [DONE] at their end`,
    );
  }
  if (chunks < 2) throw new CheckFailed('stream: got one piece, expected it as it was made');
  return `${chunks} pieces, first after ${firstMs - askedMs} ms, last after ${now() - askedMs} ms`;
}
