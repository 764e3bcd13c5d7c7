import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ObjectConflict, ObjectNotFound } from '../../handlers/ports.ts';
import type { ObjectStore } from '../../handlers/ports.ts';

export interface ObjectWorld {
  readonly objects: ObjectStore;
  close(): void | Promise<void>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** The port `ObjectStore`: written once, never changed. */
export function describeObjectStore(
  name: string,
  open: () => ObjectWorld | Promise<ObjectWorld>,
): void {
  describe(`an object store: ${name}`, () => {
    let world: ObjectWorld;
    let objects: ObjectStore;
    beforeEach(async () => {
      world = await open();
      ({ objects } = world);
    });
    afterEach(() => world.close());

    const read = async (key: string) => new TextDecoder().decode(await objects.get(key));

    it('gives back the bytes it was given', async () => {
      const all = Uint8Array.from({ length: 256 }, (_, byte) => byte);

      await objects.putOnce('data/usage/all.bin', all);

      expect([...(await objects.get('data/usage/all.bin'))]).toEqual([...all]);
    });

    it('holds an object of no bytes', async () => {
      await objects.putOnce('empty', new Uint8Array());

      expect(await objects.get('empty')).toHaveLength(0);
    });

    it('takes equal bytes again without a change', async () => {
      await objects.putOnce('a', bytes('one'));
      await objects.putOnce('a', bytes('one'));

      expect(await read('a')).toBe('one');
    });

    it('refuses other bytes for a key that is held, whatever their length', async () => {
      await objects.putOnce('a', bytes('one'));

      for (const other of ['two', 'on', 'one more', '']) {
        await expect(objects.putOnce('a', bytes(other))).rejects.toThrow(ObjectConflict);
      }
      expect(await read('a')).toBe('one');
    });

    it('lets one content win when twenty writers race for a key', async () => {
      const writers = Array.from({ length: 20 }, (_, writer) => `content ${writer}`);

      const ends = await Promise.allSettled(
        writers.map((content) => objects.putOnce('race', bytes(content))),
      );

      const winners = writers.filter((_, writer) => ends[writer]?.status === 'fulfilled');
      expect(winners).toEqual([await read('race')]);
      for (const end of ends) {
        if (end.status === 'rejected') expect(end.reason).toBeInstanceOf(ObjectConflict);
      }
    });

    it('lets twenty writers of the same content all win', async () => {
      const ends = await Promise.allSettled(
        Array.from({ length: 20 }, () => objects.putOnce('same', bytes('content'))),
      );

      expect(ends.every(({ status }) => status === 'fulfilled')).toBe(true);
      expect(await read('same')).toBe('content');
    });

    it('says that nothing is there, as a reaction of its own', async () => {
      await expect(objects.get('data/none')).rejects.toThrow(ObjectNotFound);
    });

    it.each([
      ...['', '/', '/etc/passwd', '..', '../up', 'a/../b', 'a/..', 'a//b', 'a/', './a', 'a/./b'],
      ...['.hidden', 'a/.hidden', 'a b', 'a\\b', 'a\u0000b', 'a\nb', 'ä', 'C:\\a', '~', 'a/%2e%2e'],
      'a\n',
    ])('refuses the key %j', async (key) => {
      await expect(objects.putOnce(key, bytes('x'))).rejects.toThrow(RangeError);
      await expect(objects.get(key)).rejects.toThrow(RangeError);
      expect(await objects.list('')).toEqual([]);
    });

    it('lists the keys of a folder, sorted, with their sizes', async () => {
      const keys = [
        'data/usage/b',
        'data/usage/a/z',
        'data/charges/a',
        'manifests/1',
        'data/usage/a-',
      ];
      for (const key of keys) await objects.putOnce(key, bytes(key));

      expect(await objects.list('data/usage')).toEqual([
        { key: 'data/usage/a-', bytes: 13 },
        { key: 'data/usage/a/z', bytes: 14 },
        { key: 'data/usage/b', bytes: 12 },
      ]);
      expect((await objects.list('data')).map(({ key }) => key)).toEqual([
        ...['data/charges/a', 'data/usage/a-', 'data/usage/a/z', 'data/usage/b'],
      ]);
      expect(await objects.list('data/none')).toEqual([]);
    });

    it('lists nothing but what was put', async () => {
      await objects.putOnce('data/a', bytes('x'));
      await objects.putOnce('data/a', bytes('x'));
      await objects.putOnce('data/a', bytes('y')).catch(() => undefined);

      expect(await objects.list('data')).toEqual([{ key: 'data/a', bytes: 1 }]);
      expect((await objects.list('')).map(({ key }) => key)).toEqual(['data/a']);
    });
  });
}
