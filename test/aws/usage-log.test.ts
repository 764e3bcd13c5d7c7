import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { PassThrough, Writable } from 'node:stream';
import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { createInsightsQuery } from '../../runtime/aws/log/insights-query.ts';
import { createStdoutUsageLog } from '../../runtime/aws/log/stdout-usage-log.ts';
import { lineAt, linesAt, rowsOf } from '../contract/log-query.ts';
import { describeUsageLog } from '../contract/usage-log.ts';
import { NOON_MS } from '../domain/usage-events.ts';
import { clientOf } from './stand-ins/clients.ts';
import { startInsightsServer } from './stand-ins/insights-server.ts';

describeUsageLog('standard output', () => {
  const stdout = new PassThrough({ highWaterMark: 64 });
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  return {
    log: createStdoutUsageLog({ stdout }),
    stored: () => Buffer.concat(chunks).toString(),
    close: () => undefined,
  };
});

describe('usage lines on standard output', () => {
  it('leave a process whole, in order, and with nothing beside them', () => {
    const script = `
      import { createStdoutUsageLog } from './runtime/aws/log/stdout-usage-log.ts';
      const log = createStdoutUsageLog({ stdout: process.stdout });
      const lines = Array.from({ length: 2000 }, (_, n) => JSON.stringify({ n, text: 'x'.repeat(800) }));
      await Promise.all(lines.map((line) => log.append(line)));`;
    const out = execFileSync(process.execPath, ['--input-type=module', '-e', script], {
      ...{ cwd: join(import.meta.dirname, '../..'), encoding: 'utf8', maxBuffer: 1e8 },
    });

    const lines = out.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => (JSON.parse(line) as { n: number }).n)).toEqual([
      ...Array.from({ length: 2000 }, (_, n) => n),
    ]);
  });

  it('are refused from the first that could not be written', async () => {
    const taken: string[] = [];
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        if (taken.length === 1) done(new Error('EPIPE'));
        else {
          taken.push(chunk.toString());
          done();
        }
      },
    });
    stdout.on('error', () => undefined);
    const log = createStdoutUsageLog({ stdout });

    await log.append('one');
    await expect(log.append('two')).rejects.toThrow('EPIPE');
    await expect(log.append('three')).rejects.toThrow(/nothing more is accepted/);
    expect(taken).toEqual(['one\n']);
  });

  it('are found by the questions that metering asks', async () => {
    const server = await startInsightsServer({ now: () => NOON_MS + 3_600_000 });
    const stdout = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        server.putLines(NOON_MS, chunk.toString().trimEnd().split('\n'));
        done();
      },
    });
    const log = createStdoutUsageLog({ stdout });
    const lines = [0, 1, 2].map((second) => lineAt(NOON_MS + second * 1000));

    for (const line of lines) await log.append(line);

    const client = new CloudWatchLogsClient(clientOf(server.endpoint));
    const logs = createInsightsQuery({ client, logGroup: 'tollbook-usage' });
    expect((await rowsOf(logs, linesAt())).map(({ message }) => message)).toEqual(lines);
    await server.close();
  });
});
