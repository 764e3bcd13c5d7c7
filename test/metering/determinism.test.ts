import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { HOUR_MS, formatInstant } from '../../domain/instant.ts';
import { launch, listen } from '../cli/tollbook.ts';
import type { Said } from '../cli/tollbook.ts';
import { HOUR, NOW, createDeployment } from './deployment.ts';
import type { Deployment } from './deployment.ts';
import { writeThreeWindows } from './three-windows.ts';

const LATER = NOW + 2 * HOUR_MS;

const deployments: Deployment[] = [];
afterAll(() => {
  for (const deployment of deployments) deployment.remove();
});

/** The same three windows in a folder of its own. */
async function sameInput(): Promise<Deployment> {
  const deployment = await createDeployment();
  deployments.push(deployment);
  await writeThreeWindows(deployment);
  return deployment;
}

/** Meters by the command, which uses worker threads, as another process. */
function command({ root }: Deployment, env: Readonly<Record<string, string>> = {}): Promise<Said> {
  const args = ['meter', '--data', root, '--now', formatInstant(LATER)];
  return listen(launch('tollbook', args, env));
}

describe('the same lines, price book and build', () => {
  let expected: Record<string, string> = {};
  beforeAll(async () => {
    const plain = await sameInput();
    expect((await plain.meter({ nowMs: LATER })).failure).toBeNull();
    expected = plain.dataFiles();
    // Usage, charges and tenant totals of three windows, and one quarantine.
    expect(Object.keys(expected)).toHaveLength(10);
  });

  it.each([
    ['three rows a question, one a page', { rowLimit: 4, pageRows: 1 }],
    ['seven rows a page', { rowLimit: 40, pageRows: 7 }],
    ['answers that take their time', { runningPolls: 3 }],
  ])('give the same paths and bytes with %s', async (_, logs) => {
    const deployment = await sameInput();

    expect((await deployment.meter({ nowMs: LATER, settings: { logs } })).failure).toBeNull();

    expect(deployment.dataFiles()).toEqual(expected);
  });

  it('give the same when the log hands its lines out in another order', async () => {
    const deployment = await sameInput();
    for (const name of readdirSync(deployment.folder.journal)) {
      const file = join(deployment.folder.journal, name);
      const lines = readFileSync(file, 'utf8').split('\n').slice(0, -1);
      // Each index once: 13 shares no factor with either number of lines.
      const shuffled = lines.map((_, n) => lines[(n * 13 + 5) % lines.length]);
      expect(new Set(shuffled).size).toBe(new Set(lines).size);
      writeFileSync(file, `${shuffled.join('\n')}\n`);
    }

    await deployment.meter({ nowMs: LATER });

    expect(deployment.dataFiles()).toEqual(expected);
  });

  it.each(['America/New_York', 'Asia/Kathmandu'])(
    'give the same in another process, on worker threads, at %s',
    async (TZ) => {
      const deployment = await sameInput();

      const { code, stderr } = await command(deployment, { TZ });

      expect([code, stderr]).toEqual([0, expect.not.stringContaining('stopped')]);
      expect(deployment.dataFiles()).toEqual(expected);
    },
  );

  it('give the same window by window as all at once', async () => {
    const deployment = await sameInput();

    for (const nowMs of [NOW, NOW + HOUR_MS, LATER]) await deployment.meter({ nowMs });

    expect(deployment.dataFiles()).toEqual(expected);
  });

  it('give nothing new when they are metered again', async () => {
    const deployment = await sameInput();
    await deployment.meter({ nowMs: LATER });
    const before = deployment.sealedFiles();

    const { executions } = await deployment.meter({ nowMs: LATER });

    expect(executions.map(({ output }) => output)).toEqual([
      expect.objectContaining({ planned: 0, late: 0, manifests: 3 }),
    ]);
    expect(deployment.sealedFiles()).toEqual(before);
  });
});

describe('two meters at once over one folder', () => {
  it('make one chain, in which every window is once', async () => {
    const deployment = await sameInput();

    const both = await Promise.all([command(deployment), command(deployment)]);

    expect(both.map(({ code, stderr }) => [code, /stopped.*/.exec(stderr)?.[0]])).toEqual([
      [0, undefined],
      [0, undefined],
    ]);
    const starts = (await deployment.statements()).map(({ window }) => window.start);
    expect(starts).toEqual([0, 1, 2].map((n) => formatInstant(HOUR + n * HOUR_MS)));
    const { verdict, findings } = await deployment.verify();
    expect([verdict, findings]).toEqual(['ok', []]);
    expect(
      await deployment.ask('SELECT count(*) AS calls, sum(input) AS input FROM usage'),
    ).toEqual([
      // 150 calls of 90 + n, one more twice, one unpriced, one line and one settlement lost, of 100.
      { calls: 154, input: 150 * 90 + (149 * 150) / 2 + 400 },
    ]);
  });
});
