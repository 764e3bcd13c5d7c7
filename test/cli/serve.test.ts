import { afterAll, afterEach, describe, expect, it } from '@jest/globals';
import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { TOKEN_METERS } from '../../domain/meters.ts';
import type { TokenMeter } from '../../domain/meters.ts';
import type { UsageEvent } from '../../domain/usage-event.ts';
import { parseUsageLine } from '../../domain/usage-line.ts';
import type { SimulatedCounts } from '../../runtime/local/simulated/simulated-bedrock.ts';
import { launch, listen, tollbook } from './tollbook.ts';
import type { Said } from './tollbook.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-serve-'));
const running: ChildProcess[] = [];
afterEach(() => {
  for (const child of running.splice(0)) if (child.exitCode === null) child.kill('SIGKILL');
});
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

interface Served {
  readonly child: ChildProcess;
  readonly said: Promise<Said>;
  readonly address: string;
  readonly key: string;
  readonly upstream: string;
}

/** Starts `serve` on any free port and waits for the line that says where it is. */
async function serve(data: string, ...more: readonly string[]): Promise<Served> {
  const child = launch('tollbook', ['serve', '--data', data, '--port', '0', '--json', ...more]);
  running.push(child);
  const said = listen(child);
  const told = await firstLineOf(child);
  return { child, said, ...(told as Pick<Served, 'address' | 'key' | 'upstream'>) };
}

/** The JSON that a program prints first. */
async function firstLineOf(child: ChildProcess): Promise<unknown> {
  let text = '';
  const line = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', (chunk: Buffer) => {
      text += chunk.toString();
      if (text.includes('\n')) resolve(text);
    });
    child.once('close', (code) => {
      reject(new Error(`it ended with ${String(code)} and said ${text}`));
    });
  });
  return JSON.parse(line);
}

function chat({ address, key }: Served, body: object): Promise<Response> {
  return fetch(`${address}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'amazon.nova-2-lite-v1:0',
      messages: [{ role: 'user', content: 'Hello!' }],
      ...body,
    }),
  });
}

/** Usage events in the journal of a folder. */
function eventsOf(data: string) {
  const files = readdirSync(join(data, 'journal'));
  const text = files.map((name) => readFileSync(join(data, 'journal', name), 'utf8')).join('');
  const lines = text.split('\n').slice(0, -1).map(parseUsageLine);
  return lines.flatMap((line) => (line.ok ? [line.event] : []));
}

describe('serve', () => {
  it('answers with the key that it printed, meters the call, and drains at SIGTERM', async () => {
    const data = join(root, 'plain');
    const served = await serve(data);

    const response = await chat(served, {});
    const answer = (await response.json()) as { usage: { prompt_tokens: number } };
    // A streamed answer that is under way when the signal comes.
    const streamed = await chat(served, { stream: true });
    served.child.kill('SIGTERM');
    const text = await streamed.text();
    const { code, stdout, stderr } = await served.said;

    expect(response.status).toBe(200);
    expect(text.trimEnd().endsWith('data: [DONE]')).toBe(true);
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^\{.*\}\n$/)]);
    expect(stderr).toContain('closing: running calls are answered and metered first');
    const events = eventsOf(data);
    expect(events.map(({ outcome, stream }) => [outcome, stream]).sort()).toEqual([
      ['ok', false],
      ['ok', true],
    ]);
    expect(events[0]?.input).toBe(answer.usage.prompt_tokens);
  });

  it('has calls that are metered once their hour is over', async () => {
    const data = join(root, 'metered');
    const served = await serve(data);
    await (await chat(served, {})).text();
    served.child.kill('SIGINT');
    expect((await served.said).code).toBe(0);

    const later = new Date(Date.now() + 2 * 3_600_000).toISOString();
    const metered = await tollbook('meter', '--data', data, '--now', later, '--json');
    const report = await tollbook('report', '--data', data, '--by', 'outcome', '--json');

    expect(JSON.parse(metered.stdout)).toMatchObject({ tied: true, windows: 1 });
    expect(JSON.parse(report.stdout)).toMatchObject({ rows: [{ outcome: 'ok', calls: 1 }] });
  });

  it('lets nobody in without a key, and listens on this machine only', async () => {
    const served = await serve(join(root, 'locked'));

    const refused = await chat({ ...served, key: `${served.key}x` }, {});

    expect(refused.status).toBe(401);
    expect(served.address).toMatch(/^http:\/\/localhost:\d+$/);
    served.child.kill('SIGTERM');
    expect((await served.said).code).toBe(0);
    expect(eventsOf(join(root, 'locked'))).toEqual([]);
  });
});

/** What a simulated Bedrock says it saw. */
async function countersOf(upstream: string): Promise<SimulatedCounts> {
  return (await (await fetch(`${upstream}/__counters`)).json()) as SimulatedCounts;
}

/** What usage lines say of the same. */
function countsOf(events: readonly UsageEvent[]) {
  const sum = (meter: TokenMeter) => events.reduce((total, event) => total + event[meter], 0);
  const tokens = Object.fromEntries(TOKEN_METERS.map((meter) => [meter, sum(meter)]));
  return { calls: events.length, tokens };
}

const DIALECTS: readonly (readonly [path: string, body: object])[] = [
  ['/v1/chat/completions', { model: 'amazon.nova-2-lite-v1:0' }],
  ['/v1/chat/completions', { model: 'amazon.nova-2-lite-v1:0', stream: true }],
  ['/v1/messages', { model: 'anthropic.claude-opus-5-5', max_tokens: 50 }],
  ['/v1/messages', { model: 'anthropic.claude-opus-5-5', max_tokens: 50, stream: true }],
];

describe('serve and its upstream', () => {
  async function callAll(served: Served): Promise<void> {
    const answers = DIALECTS.map(async ([path, body]) => {
      const messages = [{ role: 'user', content: `Hello, ${path}!` }];
      const response = await fetch(`${served.address}${path}`, {
        method: 'POST',
        headers: { authorization: `Bearer ${served.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ ...body, messages }),
      });
      await response.text();
      expect([path, response.status]).toEqual([path, 200]);
    });
    await Promise.all(answers);
  }

  it('meters what the simulated Bedrock that it starts saw itself', async () => {
    const data = join(root, 'counted');
    const served = await serve(data);
    await callAll(served);

    const counters = await countersOf(served.upstream);
    served.child.kill('SIGTERM');
    await served.said;

    expect(counters).toMatchObject({ calls: DIALECTS.length, silent: 0 });
    expect(countsOf(eventsOf(data))).toEqual({ calls: counters.calls, tokens: counters.tokens });
    await expect(countersOf(served.upstream)).rejects.toThrow();
  });

  it('calls the upstream it is told of, and meters its faults', async () => {
    const bedrock = launch('tollbook', ['simulate-bedrock', '--answer-ms', '0', '--json']);
    running.push(bedrock);
    const { endpoint } = (await firstLineOf(bedrock)) as { endpoint: string };
    const data = join(root, 'upstream');
    const served = await serve(data, '--upstream', endpoint);
    await callAll(served);
    await fetch(`${endpoint}/__mode`, { method: 'POST', body: '{"mode":"throttle","calls":1}' });

    const throttled = await chat(served, {});
    const counters = await countersOf(endpoint);
    served.child.kill('SIGTERM');
    await served.said;

    expect([served.upstream, throttled.status]).toEqual([endpoint, 429]);
    const events = eventsOf(data);
    expect(countsOf(events)).toEqual({ calls: counters.calls, tokens: counters.tokens });
    expect(events.map(({ outcome }) => outcome).sort()).toEqual([
      ...DIALECTS.map(() => 'ok'),
      'throttled',
    ]);
  });

  it.each(['bedrock', 'ftp://x', ''])('refuses the upstream %p', async (url) => {
    const data = join(root, 'refused');
    const { code, stderr } = await tollbook('serve', '--data', data, '--upstream', url);
    expect([code, stderr]).toEqual([3, expect.stringContaining('--upstream: got')]);
  });
});

describe('npm start -- --once', () => {
  it('replays the recorded traces, meters them, prints the bill and exits 0 as all ties', async () => {
    const data = join(root, 'start');

    const child = launch('start', ['--once', '--fresh', '--data', data]);
    running.push(child);
    const { code, stdout } = await listen(child);

    expect(code).toBe(0);
    expect(stdout).toContain('The bill, per tenant and model, not rounded');
    expect(stdout).toMatch(/^total .* 28,1\d\d /m);
    expect(stdout).toContain('partly reconstructed; a demonstration, not AWS');
    expect(stdout).toContain('Control totals, the same calls at every stage');
    expect(stdout).toMatch(/^OK: ledger local-[0-9a-f]{12}, \d+ manifests, /m);
    expect(stdout.endsWith('\n')).toBe(true);
  });
});
