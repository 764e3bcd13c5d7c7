import { afterAll, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKeyFile } from '../../../../runtime/local/ledger/key-files.ts';
import { systemRandom } from '../../../../runtime/node/system.ts';
import { describeSecrets } from '../../../contract/secrets.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-keys-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describeSecrets('files of one machine', () => {
  const folder = mkdtempSync(join(root, 'keys-'));
  return {
    // eslint-disable-next-line @typescript-eslint/require-await -- a refusal must be a rejection
    key: async (name) => openKeyFile(join(folder, name), systemRandom),
    spoil: (name, text) => {
      writeFileSync(join(folder, name), text);
      return Promise.resolve();
    },
    close: () => undefined,
  };
});

it('a key file is nobody else’s to read', () => {
  const path = join(root, 'mine');
  openKeyFile(path, systemRandom);

  expect(statSync(path).mode & 0o777).toBe(0o600);
});
