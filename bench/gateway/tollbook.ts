import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openAiDialect } from '../../domain/dialects/openai-error.ts';
import { mintEventId } from '../../domain/event-id.ts';
import type { Route } from '../../handlers/edge/api-exchange.ts';
import { createOpenAiChat } from '../../handlers/dialects/openai-chat.ts';
import type { ModelClient } from '../../handlers/ports.ts';
import { createBedrockHttp } from '../../runtime/local/bedrock-http.ts';
import { openDataFolder } from '../../runtime/local/data-folder.ts';
import { createGateway } from '../../runtime/local/edge/http-gateway.ts';
import { serve } from '../../runtime/local/serve.ts';
import { systemRandom } from '../../runtime/node/system.ts';

/**
 * The gateway in one of three modes: `tollbook proxy|metered|durable ENDPOINT`. Prints its port and a
 * key. `proxy` translates and calls, and neither knows nor notes who did; `metered` is all of the
 * product but for its flushes to disk; `durable` is the product.
 */
const [mode = '', endpoint = ''] = process.argv.slice(2);
const models = createBedrockHttp({ endpoint });

function tell(port: number, key: string): void {
  process.stdout.write(`${JSON.stringify({ port, key })}\n`);
}

async function proxy(): Promise<void> {
  const principal = { tenant: 'nobody', keyId: 'none', costCenter: null, project: null, teams: [] };
  const { port } = await createGateway({
    authenticate: () => Promise.resolve(principal),
    routes: [chatRoute(models)],
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  }).listen(0);
  tell(port, 'none');
}

function chatRoute(called: ModelClient): Route {
  const handle = createOpenAiChat({
    invokeModel: async (_principal, call, emit) => {
      const id = mintEventId(Date.now(), systemRandom.bytes(10));
      emit({ type: 'admitted', id, headers: {} });
      let usage: unknown;
      for await (const event of called.invoke(call)) {
        if (event.type === 'end') ({ usage } = event);
        emit(event);
      }
      return { id, usage: usage as never, settled: Promise.resolve() };
    },
  });
  return {
    ...{ method: 'POST', path: '/v1/chat/completions', access: 'tenant' },
    ...{ dialect: openAiDialect, handle },
  };
}

async function product(durability: 'disk' | 'system'): Promise<void> {
  const data = mkdtempSync(join(tmpdir(), 'tollbook-bench-gateway-'));
  process.once('exit', () => {
    rmSync(data, { recursive: true, force: true });
  });
  const served = await serve({
    ...{ folder: openDataFolder(data), models, durability, port: 0, host: '127.0.0.1' },
    onMetered: () => undefined,
    onError: (error) => process.stderr.write(`${String(error)}\n`),
  });
  tell(served.port, await served.issueDemoKey());
}

process.once('SIGTERM', () => process.exit(0));
if (mode === 'proxy') await proxy();
else await product(mode === 'durable' ? 'disk' : 'system');
