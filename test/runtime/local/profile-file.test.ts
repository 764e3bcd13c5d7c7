import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from '@jest/globals';
import { createProfileFile } from '../../../runtime/local/profile-file.ts';
import { PROFILES, describeProfileResolver } from '../../contract/profile-resolver.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-profiles-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

describeProfileResolver('a file', () => {
  const path = join(root, 'profiles.json');
  writeFileSync(path, JSON.stringify(PROFILES));
  return { profiles: createProfileFile(path), close: () => undefined };
});

it('has no profiles without the file', async () => {
  expect(await createProfileFile(join(root, 'nowhere.json')).models('arn')).toBeUndefined();
});

it.each(['[]x', '{"arn":"one"}', '{"arn":[1]}', 'null'])('refuses %s', (text) => {
  const path = join(root, 'bad.json');
  writeFileSync(path, text);

  expect(() => createProfileFile(path).models('arn')).toThrow();
});
