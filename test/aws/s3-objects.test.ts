import { describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CreateBucketCommand, PutObjectCommand, S3Client } from '@aws-sdk/client-s3';
import { ObjectConflict } from '../../handlers/ports.ts';
import { createS3Objects } from '../../runtime/aws/lake/s3-objects.ts';
import { describeObjectStore } from '../contract/object-store.ts';
import { clientOf, standIn } from './stand-ins/clients.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

async function openBucket() {
  const client = new S3Client({ ...standIn('moto'), forcePathStyle: true });
  const bucket = `test-${randomBytes(6).toString('hex')}`;
  await client.send(new CreateBucketCommand({ Bucket: bucket }));
  const close = () => {
    client.destroy();
  };
  return { client, bucket, objects: createS3Objects({ client, bucket }), close };
}

describeObjectStore('S3', openBucket);

/** A request as S3 got it. */
interface Put {
  readonly method: string;
  readonly key: string;
  readonly headers: Readonly<Record<string, unknown>>;
}

/** An S3 that answers with these statuses, one after the other, and then with 200. */
async function openScripted(...statuses: number[]) {
  const puts: Put[] = [];
  const server = createServer((request, response) => {
    const { method = '', url = '', headers } = request;
    puts.push({ method, key: new URL(url, 'http://s3').pathname, headers });
    request.resume().on('end', () => {
      const status = statuses.shift() ?? 200;
      const code = { 409: 'ConditionalRequestConflict', 412: 'PreconditionFailed' }[status];
      response.writeHead(status, { 'content-type': 'application/xml' });
      response.end(
        status === 200 ? '' : `<Error><Code>${code ?? 'Other'}</Code><Message>no</Message></Error>`,
      );
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const client = new S3Client({ ...clientOf(url), forcePathStyle: true });
  const close = () => {
    client.destroy();
    server.close();
    server.closeAllConnections();
  };
  return { puts, objects: createS3Objects({ client, bucket: 'b' }), close };
}

describe('an object in S3', () => {
  it('is put only where nothing is, with the SHA-256 of its bytes', async () => {
    const { objects, puts, close } = await openScripted();

    await objects.putOnce('data/a', bytes('x'));

    expect(puts).toHaveLength(1);
    expect(puts[0]).toMatchObject({
      method: 'PUT',
      key: '/b/data/a',
      headers: {
        'if-none-match': '*',
        'x-amz-checksum-sha256': createHash('sha256').update('x').digest('base64'),
      },
    });
    close();
  });

  it('is put again while another write of its key is undecided', async () => {
    const { objects, puts, close } = await openScripted(409, 409);

    await objects.putOnce('a', bytes('x'));

    expect(puts).toHaveLength(3);
    close();
  });

  it('is given up, as what it is, where that is never decided', async () => {
    const { objects, puts, close } = await openScripted(...Array.from({ length: 20 }, () => 409));

    await expect(objects.putOnce('a', bytes('x'))).rejects.toMatchObject({
      name: 'ConditionalRequestConflict',
    });
    expect(puts).toHaveLength(8);
    close();
  });

  it('that lost a race after an undecided write is compared with the winner', async () => {
    // 409, then 412, then the winner's bytes: none, as this S3 answers an empty body.
    const same = await openScripted(409, 412);
    await same.objects.putOnce('a', new Uint8Array());
    expect(same.puts.map(({ method }) => method)).toEqual(['PUT', 'PUT', 'GET']);
    same.close();

    const other = await openScripted(409, 412);
    await expect(other.objects.putOnce('a', bytes('x'))).rejects.toThrow(ObjectConflict);
    other.close();
  });

  it('that may not be written is no conflict', async () => {
    const { objects, close } = await openScripted(403);

    await expect(objects.putOnce('a', bytes('x'))).rejects.not.toThrow(ObjectConflict);
    close();
  });

  it('is in conflict with bytes that somebody else put there', async () => {
    const { objects, client, bucket, close } = await openBucket();
    await client.send(new PutObjectCommand({ Bucket: bucket, Key: 'a', Body: 'tampered' }));

    await expect(objects.putOnce('a', bytes('x'))).rejects.toThrow('object a: other bytes hold it');
    close();
  });

  it('is listed with all others, over several pages', async () => {
    const { objects, close } = await openBucket();
    const keys = Array.from({ length: 1003 }, (_, n) => `many/${String(n).padStart(4, '0')}`);
    for (const key of keys) await objects.putOnce(key, bytes(key));

    expect((await objects.list('many/')).map(({ key }) => key)).toEqual(keys);
    close();
  });

  it('is large if need be', async () => {
    const { objects, close } = await openBucket();
    const large = new Uint8Array(20_000_000).fill(7);

    await objects.putOnce('large', large);
    await objects.putOnce('large', large);

    expect(Buffer.compare(await objects.get('large'), large)).toBe(0);
    close();
  });

  it('of a bucket that is not there is an error, not an absence', async () => {
    const { client, close } = await openBucket();
    const objects = createS3Objects({ client, bucket: 'test-no-such-bucket' });

    await expect(objects.get('a')).rejects.toThrow(/bucket/i);
    close();
  });
});
