import { afterAll, beforeEach, describe, expect, it } from '@jest/globals';
import {
  appendFileSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readBuild } from '../../../runtime/node/build.ts';
import { WRITER } from '../../../runtime/node/parquet-tables.ts';

const CHECKOUT = join(__dirname, '../../..');
const DECIDING = ['domain', 'handlers', 'pricing', 'sql', 'workflows'];
const root = mkdtempSync(join(tmpdir(), 'tollbook-build-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

/** A copy of what decides a row. */
function copyOfCheckout(): string {
  const copy = mkdtempSync(join(root, 'checkout-'));
  for (const name of [...DECIDING, 'package.json', 'package-lock.json']) {
    cpSync(join(CHECKOUT, name), join(copy, name), { recursive: true });
  }
  return copy;
}

describe('the build', () => {
  let copy: string;
  let before: string;
  const digest = () => readBuild(copy).build_sha256;
  beforeEach(() => {
    copy = copyOfCheckout();
    before = digest();
  });

  it('is the same in any folder: paths count from the checkout', () => {
    expect(readBuild(copyOfCheckout())).toEqual(readBuild(copy));
    expect(before).toMatch(/^[0-9a-f]{64}$/);
  });

  it.each(DECIDING)('changes with a byte of any file in %s', (folder) => {
    const options = { withFileTypes: true, recursive: true } as const;
    const files = readdirSync(join(copy, folder), options).filter((entry) => entry.isFile());

    appendFileSync(join(files[0]!.parentPath, files[0]!.name), ' ');
    expect(digest()).not.toBe(before);
  });

  it('changes with the lockfile, and not with anything that decides no row', () => {
    writeFileSync(join(copy, 'README.md'), 'text');
    mkdirSync(join(copy, 'runtime'));
    writeFileSync(join(copy, 'runtime', 'new.ts'), 'text');
    expect(digest()).toBe(before);

    appendFileSync(join(copy, 'package-lock.json'), ' ');
    expect(digest()).not.toBe(before);
  });

  it('changes when a file is added, renamed or taken away, deep in a folder too', () => {
    const file = join(copy, 'domain', 'ledger', 'deep.ts');
    writeFileSync(file, 'text');
    const added = digest();
    renameSync(file, join(copy, 'domain', 'ledger', 'deeper.ts'));
    const renamed = digest();
    rmSync(join(copy, 'domain', 'ledger', 'deeper.ts'));

    expect(new Set([before, added, renamed]).size).toBe(3);
    expect(digest()).toBe(before);
  });

  it('tells bytes that move from one file to the next from bytes that stay', () => {
    writeFileSync(join(copy, 'sql', 'zz-1.sql'), 'ab');
    writeFileSync(join(copy, 'sql', 'zz-2.sql'), 'c');
    const one = digest();
    writeFileSync(join(copy, 'sql', 'zz-1.sql'), 'a');
    writeFileSync(join(copy, 'sql', 'zz-2.sql'), 'bc');

    expect(digest()).not.toBe(one);
  });

  it('says the version of the product and what writes its files', () => {
    writeFileSync(join(copy, 'package.json'), '{"version":"9.8.7"}');

    expect(readBuild(copy)).toEqual({ version: '9.8.7', build_sha256: before, writer: WRITER });
  });
});
