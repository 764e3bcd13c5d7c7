import { afterAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ObjectConflict } from '../../../../handlers/ports.ts';
import { createFolderObjects } from '../../../../runtime/local/lake/folder-objects.ts';
import { describeObjectStore } from '../../../contract/object-store.ts';

const root = mkdtempSync(join(tmpdir(), 'tollbook-objects-'));
afterAll(() => {
  rmSync(root, { recursive: true, force: true });
});

const bytes = (text: string) => new TextEncoder().encode(text);
const newFolder = () => mkdtempSync(join(root, 'lake-'));
const draftsIn = (folder: string) => readdirSync(join(folder, 'work', 'drafts'));

describeObjectStore('files of a folder', () => ({
  objects: createFolderObjects(newFolder()),
  close: () => undefined,
}));

describe('an object in a folder', () => {
  it('is a file of the same path', async () => {
    const folder = newFolder();
    await createFolderObjects(folder).putOnce('data/usage/a.parquet', bytes('x'));

    expect(statSync(join(folder, 'data/usage/a.parquet')).isFile()).toBe(true);
  });

  it('leaves no draft behind: written, equal, in conflict or impossible', async () => {
    const folder = newFolder();
    const objects = createFolderObjects(folder);

    await objects.putOnce('data/a', bytes('x'));
    await objects.putOnce('data/a', bytes('x'));
    await expect(objects.putOnce('data/a', bytes('y'))).rejects.toThrow(ObjectConflict);
    // No file system takes a name of 300 letters.
    await expect(objects.putOnce('n'.repeat(300), bytes('x'))).rejects.toThrow();

    expect(draftsIn(folder)).toEqual([]);
  });

  it('keeps its drafts where nobody counts files, or where it is told', async () => {
    const [folder, drafts] = [newFolder(), newFolder()];

    await createFolderObjects(folder, drafts).putOnce('a', bytes('x'));

    expect(readdirSync(folder)).toEqual(['a']);
    expect(readdirSync(drafts)).toEqual([]);
  });

  it('is never seen half written, however large it is and whoever looks', async () => {
    const objects = createFolderObjects(newFolder());
    const large = new Uint8Array(8_000_000).fill(7);
    const sizes = new Set<number>();
    const stop = new AbortController();
    const looking = (async () => {
      while (!stop.signal.aborted) {
        for (const one of await objects.list('data')) sizes.add(one.bytes);
        await new Promise(setImmediate);
      }
    })();

    await objects.putOnce('data/large', large);
    stop.abort();
    await looking;

    expect([...sizes].filter((size) => size !== large.length)).toEqual([]);
  });

  it('is in conflict with bytes that somebody else put there', async () => {
    const folder = newFolder();
    writeFileSync(join(folder, 'a'), 'tampered');

    await expect(createFolderObjects(folder).putOnce('a', bytes('x'))).rejects.toThrow(
      'object a: other bytes hold it',
    );
  });

  it('is shared between two stores of one folder', async () => {
    const folder = newFolder();
    await createFolderObjects(folder).putOnce('a', bytes('x'));

    expect([...(await createFolderObjects(folder).get('a'))]).toEqual([...bytes('x')]);
  });

  it('is not listed through a link', async () => {
    const [folder, elsewhere] = [newFolder(), newFolder()];
    writeFileSync(join(elsewhere, 'secret'), 'x');
    symlinkSync(elsewhere, join(folder, 'data'));

    expect(await createFolderObjects(folder).list('')).toEqual([]);
  });
});
