import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  GetObjectCommand,
  ListObjectsV2Command,
  NoSuchKey,
  PutObjectCommand,
  S3ServiceException,
} from '@aws-sdk/client-s3';
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectConflict, ObjectNotFound } from '../../../handlers/ports.ts';
import type { ObjectStore } from '../../../handlers/ports.ts';
import { checkObjectKey, isObjectKey } from '../../node/object-key.ts';

/** Somebody was first. */
const PRECONDITION_FAILED = 412;
/** Somebody writes the same key now: who was first is not decided yet. */
const CONFLICT = 409;
const ATTEMPTS = 8;
const PAUSE_MS = 50;

export interface S3ObjectsOptions {
  readonly client: S3Client;
  readonly bucket: string;
}

/**
 * Immutable objects of a bucket. A key is written by `If-None-Match: *`, which one writer wins, with the
 * SHA-256 of its bytes, which S3 checks and keeps. Listing must be allowed beside reading: without it
 * S3 calls a missing key forbidden.
 */
export function createS3Objects({ client, bucket }: S3ObjectsOptions): ObjectStore {
  async function read(key: string): Promise<Uint8Array> {
    try {
      const found = await client.send(new GetObjectCommand({ Bucket: bucket, Key: key }));
      return (await found.Body?.transformToByteArray()) ?? new Uint8Array();
    } catch (error) {
      if (error instanceof NoSuchKey) throw new ObjectNotFound(`object ${key}: not found`);
      throw error;
    }
  }

  /** @returns false if the key is held. */
  async function putIfNone(key: string, bytes: Uint8Array): Promise<boolean> {
    const put = new PutObjectCommand({
      ...{ Bucket: bucket, Key: key, Body: bytes, IfNoneMatch: '*' },
      ChecksumSHA256: createHash('sha256').update(bytes).digest('base64'),
    });
    for (let attempt = 1; ; attempt += 1) {
      try {
        await client.send(put);
        return true;
      } catch (error) {
        const status = statusOf(error);
        if (status === PRECONDITION_FAILED) return false;
        if (status !== CONFLICT || attempt === ATTEMPTS) throw error;
        await sleep(Math.random() * PAUSE_MS * attempt);
      }
    }
  }

  return {
    get: async (key) => read(checkObjectKey(key)),

    async putOnce(key, bytes) {
      if (await putIfNone(checkObjectKey(key), bytes)) return;
      // Ours, if an attempt before this one was done and its answer lost.
      const held = await read(key);
      if (Buffer.compare(held, bytes) !== 0) {
        throw new ObjectConflict(`object ${key}: other bytes hold it`);
      }
    },

    async list(prefix) {
      const folder = prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`;
      const found: { key: string; bytes: number }[] = [];
      let ContinuationToken: string | undefined;
      do {
        const page = await client.send(
          new ListObjectsV2Command({ Bucket: bucket, Prefix: folder, ContinuationToken }),
        );
        for (const { Key: key = '', Size: bytes = 0 } of page.Contents ?? []) {
          if (isObjectKey(key)) found.push({ key, bytes });
        }
        ContinuationToken = page.NextContinuationToken;
      } while (ContinuationToken !== undefined);
      return found.sort((a, b) => (a.key < b.key ? -1 : 1));
    },
  };
}

function statusOf(error: unknown): number | undefined {
  return error instanceof S3ServiceException ? error.$metadata.httpStatusCode : undefined;
}
