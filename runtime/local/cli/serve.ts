import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import type { ModelClient } from '../../../handlers/ports.ts';
import { IssuerSettings } from '../../node/jwt-authenticate.ts';
import { openDataFolder } from '../data-folder.ts';
import { createBedrockHttp } from '../bedrock-http.ts';
import { serve } from '../serve.ts';
import { startSimulatedBedrock } from '../simulated/simulated-bedrock-server.ts';
import { EXIT, UsageError, optional, portOf, readArgs, required } from './command.ts';
import type { Command } from './command.ts';
import { meterFigures } from './meter.ts';
import { note, printLine } from './output.ts';

const LOOPBACK = '127.0.0.1';
const IdentityFile = z.strictObject({ issuers: z.array(IssuerSettings) });

export interface ServeForeground {
  readonly data: string;
  readonly port: number;
  readonly host?: string;
  readonly issuers?: readonly IssuerSettings[];
  /** Where Bedrock is; a simulated one is started where it is left out. */
  readonly upstream?: string;
  /** Prints the address as JSON. */
  readonly json: boolean;
}

/** Serves until it is told to stop; then drains: answers, meters and settles what runs. */
export async function serveForeground(options: ServeForeground): Promise<number> {
  const { data, port, host = LOOPBACK, json, issuers = [] } = options;
  const upstream = await openUpstream(options.upstream);
  const served = await serve({
    folder: openDataFolder(data),
    models: upstream.models,
    port,
    host,
    issuers,
    onMetered: (result) => {
      const { windows, failure } = meterFigures(result);
      if (failure) note(`metering stopped: ${failure.error}: ${failure.cause}`);
      else if (windows) note(`${windows} windows sealed`);
    },
    onError: (error) => {
      note(error instanceof Error ? `${error.name}: ${error.message}` : String(error));
    },
  });
  const key = await served.issueDemoKey();
  const shown = host === LOOPBACK ? 'localhost' : host;
  const address = `http://${shown}:${served.port}`;
  printLine(
    json
      ? JSON.stringify({ address, key, upstream: upstream.endpoint })
      : welcome({ address, key, upstream }),
  );
  await untilSignal();
  note('closing: running calls are answered and metered first');
  await served.close();
  await upstream.close();
  return EXIT.fine;
}

interface Upstream {
  readonly endpoint: string;
  readonly models: ModelClient;
  readonly isSimulated: boolean;
  close(): Promise<void>;
}

/** Bedrock, or a simulated one on a free port of this machine. */
async function openUpstream(asked: string | undefined): Promise<Upstream> {
  const simulated = asked === undefined ? await startSimulatedBedrock() : undefined;
  const endpoint = asked ?? simulated?.endpoint ?? '';
  // A token of AWS's is shown to nobody but the upstream that was asked for.
  const token = asked === undefined ? undefined : process.env['AWS_BEARER_TOKEN_BEDROCK'];
  const models = createBedrockHttp({ endpoint, ...(token && { token }) });
  return {
    ...{ endpoint, models, isSimulated: simulated !== undefined },
    close: async () => {
      models.close();
      await simulated?.close();
    },
  };
}

interface Welcome {
  readonly address: string;
  readonly key: string;
  readonly upstream: Upstream;
}

function welcome({ address, key, upstream }: Welcome): string {
  const body = JSON.stringify({
    model: 'amazon.nova-2-lite-v1:0',
    messages: [{ role: 'user', content: 'Hello!' }],
  });
  return [
    `gateway on ${address} (Ctrl-C stops it). Try:`,
    '',
    `curl ${address}/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`,
    '',
    upstream.isSimulated
      ? `Models are simulated; what they saw themselves: ${upstream.endpoint}/__counters`
      : `Models are called at ${upstream.endpoint}`,
    'Calls are metered 15 minutes after their hour has ended.',
  ].join('\n');
}

/** Resolves when somebody asks this process to end. */
export function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
}

/** @throws UsageError for anything but an address that can be called. */
function urlOf(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const protocol = URL.canParse(text) ? new URL(text).protocol : '';
  if (protocol === 'http:' || protocol === 'https:') return text;
  throw new UsageError(`--upstream: got ${text}, expected http://… or https://…`);
}

/** @throws UsageError for a file that does not say what it should. */
function issuersOf(file: string | undefined): readonly IssuerSettings[] {
  if (file === undefined) return [];
  try {
    return z.parse(IdentityFile, JSON.parse(readFileSync(file, 'utf8'))).issuers;
  } catch (error) {
    throw new UsageError(`--identity ${file}: ${(error as Error).message}`);
  }
}

export const serveCommand: Command = {
  name: 'serve',
  summary: 'serve the gateway and meter its calls as windows close',
  usage: '--data DIR [--port 8080] [--host 127.0.0.1] [--upstream URL] [--identity FILE]',
  help: [
    '--port      0 takes any free port',
    '--host      anything but 127.0.0.1 lets other machines in',
    '--upstream  where Bedrock is, such as https://bedrock-runtime.us-east-1.amazonaws.com; its API key is read from',
    '            AWS_BEARER_TOKEN_BEDROCK. Without it, a simulated Bedrock without faults is started',
    '--identity  JSON {"issuers": [{"issuer": …, "audience": …, "jwks": URL}]}: whose tokens are believed beside API keys',
  ],
  async run(args) {
    const { values } = readArgs(args, {
      data: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      upstream: { type: 'string' },
      identity: { type: 'string' },
    });
    const port = portOf(values, '8080');
    const host = optional(values, 'host') ?? LOOPBACK;
    const upstream = urlOf(optional(values, 'upstream'));
    return serveForeground({
      data: required(values, 'data'),
      port,
      host,
      ...(upstream !== undefined && { upstream }),
      issuers: issuersOf(optional(values, 'identity')),
      json: values['json'] === true,
    });
  },
};
