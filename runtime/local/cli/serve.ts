import { readFileSync } from 'node:fs';
import * as z from 'zod/mini';
import { IssuerSettings } from '../../node/jwt-authenticate.ts';
import { openDataFolder } from '../data-folder.ts';
import { systemClock } from '../../node/system.ts';
import { serve } from '../serve.ts';
import { createSimulatedBedrock } from '../simulated-bedrock.ts';
import { EXIT, UsageError, optional, readArgs, required } from './command.ts';
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
  /** Prints the address as JSON. */
  readonly json: boolean;
}

/** Serves until it is told to stop; then drains: answers, meters and settles what runs. */
export async function serveForeground(options: ServeForeground): Promise<number> {
  const { data, port, host = LOOPBACK, json, issuers = [] } = options;
  const served = await serve({
    folder: openDataFolder(data),
    models: createSimulatedBedrock({ clock: systemClock }),
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
  printLine(json ? JSON.stringify({ address, key }) : welcome(address, key));
  await untilSignal();
  note('closing: running calls are answered and metered first');
  await served.close();
  return EXIT.fine;
}

function welcome(address: string, key: string): string {
  const body = JSON.stringify({
    model: 'amazon.nova-2-lite-v1:0',
    messages: [{ role: 'user', content: 'Hello!' }],
  });
  return [
    `gateway on ${address} (Ctrl-C stops it). Try:`,
    '',
    `curl ${address}/v1/chat/completions -H 'Authorization: Bearer ${key}' -H 'Content-Type: application/json' -d '${body}'`,
    '',
    'Its calls are metered 15 minutes after their hour has ended.',
  ].join('\n');
}

function untilSignal(): Promise<void> {
  return new Promise((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
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
  usage: '--data DIR [--port 8080] [--host 127.0.0.1] [--identity FILE]',
  help: [
    '--port      0 takes any free port',
    '--host      anything but 127.0.0.1 lets other machines in',
    '--identity  JSON {"issuers": [{"issuer": …, "audience": …, "jwks": URL}]}: whose tokens are believed beside API keys',
  ],
  async run(args) {
    const { values } = readArgs(args, {
      data: { type: 'string' },
      port: { type: 'string' },
      host: { type: 'string' },
      identity: { type: 'string' },
    });
    const port = Number(optional(values, 'port') ?? '8080');
    if (!Number.isInteger(port) || port < 0 || port > 65_535) {
      throw new UsageError(`--port: got ${optional(values, 'port') ?? ''}, expected 0 to 65535`);
    }
    const host = optional(values, 'host') ?? LOOPBACK;
    return serveForeground({
      data: required(values, 'data'),
      port,
      host,
      issuers: issuersOf(optional(values, 'identity')),
      json: values['json'] === true,
    });
  },
};
