import { ObjectNotFound } from '../../../handlers/ports.ts';
import type { ObjectStore } from '../../../handlers/ports.ts';
import { checkObjectKey } from '../../node/object-key.ts';
import { OperationFailed } from './signed-fetch.ts';
import type { SendOperation } from './signed-fetch.ts';

interface SignedObjectsOptions {
  readonly send: SendOperation;
  readonly bucket: string;
}

/** Reads objects of a bucket, where the SDK's client of S3 would be too much: see `signed-fetch.ts`. */
export function createSignedObjects(options: SignedObjectsOptions): Pick<ObjectStore, 'get'> {
  const { send, bucket } = options;
  return {
    async get(key) {
      const path = checkObjectKey(key).split('/').map(encodeURIComponent).join('/');
      const { status, bytes } = await send({
        ...{ operation: 's3 GetObject', service: 's3', method: 'GET', body: '' },
        path: `/${bucket}/${path}`,
      });
      if (status === 200) return bytes;
      // Without the right to list, S3 calls a missing key forbidden.
      if (status === 404) throw new ObjectNotFound(`object ${key}: not found`);
      throw new OperationFailed(`s3 GetObject ${key}: got status ${status}`);
    },
  };
}
