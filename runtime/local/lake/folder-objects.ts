import { randomBytes } from 'node:crypto';
import { link, mkdir, open, readFile, readdir, stat, unlink } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { ObjectConflict, ObjectNotFound } from '../../../handlers/ports.ts';
import type { ObjectStore } from '../../../handlers/ports.ts';
import { checkObjectKey, isObjectKey } from '../../node/object-key.ts';

/** Objects under this prefix are on their way somewhere and need no power-loss durability. */
const PASSING = 'work/';

/**
 * Immutable objects as files of a folder: temp file, fsync, `link` to the final name.
 *
 * @param drafts - where files are written first, on the same file system. A crash leaves a draft
 * behind: it must lie where nobody counts files.
 */
export function createFolderObjects(
  root: string,
  drafts: string = join(root, 'work', 'drafts'),
): ObjectStore {
  function pathOf(key: string): string {
    return join(root, checkObjectKey(key));
  }

  return {
    async get(key) {
      try {
        return await readFile(pathOf(key));
      } catch (error) {
        if (codeOf(error) === 'ENOENT') throw new ObjectNotFound(`object ${key}: not found`);
        throw error;
      }
    },

    async putOnce(key, bytes) {
      const path = pathOf(key);
      const durable = !key.startsWith(PASSING);
      const made = await mkdir(dirname(path), { recursive: true });
      await mkdir(drafts, { recursive: true });
      const draft = join(drafts, randomBytes(12).toString('hex'));
      await writeDraft(draft, bytes, durable);
      try {
        // `rename` would replace what is there; `link` refuses, which is the whole point.
        await link(draft, path);
      } catch (error) {
        if (codeOf(error) !== 'EEXIST') throw error;
        const held = await readFile(path);
        if (!held.equals(bytes)) throw new ObjectConflict(`object ${key}: other bytes hold it`);
      } finally {
        await unlink(draft);
      }
      if (durable) await syncFolders(dirname(path), made);
    },

    async list(prefix) {
      const found: { key: string; bytes: number }[] = [];
      await walk(join(root, prefix), async (path) => {
        const key = relative(root, path).split(sep).join('/');
        if (isObjectKey(key)) found.push({ key, bytes: (await stat(path)).size });
      });
      return found.sort((a, b) => (a.key < b.key ? -1 : 1));
    },
  };
}

async function writeDraft(path: string, bytes: Uint8Array, durable: boolean): Promise<void> {
  const file = await open(path, 'wx', 0o640);
  try {
    await file.writeFile(bytes);
    if (durable) await file.sync();
  } finally {
    await file.close();
  }
}

/** The folder of the new name, and every folder above it that was made for it. */
async function syncFolders(folder: string, firstMade: string | undefined): Promise<void> {
  const last = firstMade === undefined ? folder : dirname(firstMade);
  for (let each = folder; ; each = dirname(each)) {
    await syncFolder(each);
    if (each === last || each === dirname(each)) return;
  }
}

async function syncFolder(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

async function walk(path: string, visit: (path: string) => Promise<void>): Promise<void> {
  let entries;
  try {
    entries = await readdir(path, { withFileTypes: true });
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return;
    throw error;
  }
  for (const entry of entries) {
    const inside = join(path, entry.name);
    if (entry.isDirectory()) await walk(inside, visit);
    else if (entry.isFile()) await visit(inside);
  }
}

function codeOf(error: unknown): unknown {
  return (error as { code?: unknown }).code;
}
