import { describe, expect, it } from '@jest/globals';
import { execFileSync } from 'node:child_process';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { GetObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { clientOf } from './stand-ins/clients.ts';

/** Addresses of documentation (RFC 5737): nobody is there. */
const ELSEWHERE = ['192.0.2.1', '198.51.100.7', 'example.com'];

describe('tests against stand-ins', () => {
  it.each(ELSEWHERE)('cannot connect to %s', (host) => {
    expect(() => connect({ host, port: 443 })).toThrow(/expected the loopback/);
    expect(() => connect(443, host)).toThrow(/expected the loopback/);
  });

  it('cannot reach AWS although an endpoint was forgotten', async () => {
    const { region, credentials, maxAttempts } = clientOf('');
    const client = new S3Client({ region, credentials, maxAttempts });
    const asked = client.send(new GetObjectCommand({ Bucket: 'b', Key: 'k' }));

    await expect(asked).rejects.toThrow(/expected the loopback/);
    client.destroy();
  });

  it('cannot fetch from elsewhere', async () => {
    const cause = await fetch('https://192.0.2.1/').catch((error: unknown) => error);

    expect(String((cause as Error).cause)).toMatch(/expected the loopback/);
  });

  it('cannot leave by a process that they start', () => {
    const script = `require('node:net').connect(443, '192.0.2.1')`;

    expect(() => execFileSync(process.execPath, ['-e', script], { stdio: 'pipe' })).toThrow(
      /expected the loopback/,
    );
  });

  it('reach the loopback', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    await new Promise((resolve) => socket.once('connect', resolve));

    expect(socket.remoteAddress).toBe('127.0.0.1');
    socket.destroy();
    server.close();
  });
});
