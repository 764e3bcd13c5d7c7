import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { nodeCodec, sha256OfChunks } from '../../../runtime/node/codec.ts';

const EMPTY = 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855';
const ABC = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

describe('digests', () => {
  it('are those of FIPS 180-4, of text and of its bytes', () => {
    expect(nodeCodec.sha256('')).toBe(EMPTY);
    expect(nodeCodec.sha256('abc')).toBe(ABC);
    expect(nodeCodec.sha256(new TextEncoder().encode('abc'))).toBe(ABC);
    expect(nodeCodec.sha256('é')).toBe(nodeCodec.sha256(Uint8Array.of(0xc3, 0xa9)));
  });

  it('are of the bytes that a view shows, not of the buffer behind it', () => {
    const buffer = new TextEncoder().encode('xabcx');

    expect(nodeCodec.sha256(buffer.subarray(1, 4))).toBe(ABC);
  });

  it('do not depend on the chunks that bytes come in', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.uint8Array()), async (chunks) => {
        async function* inChunks() {
          for (const chunk of chunks) yield await Promise.resolve(chunk);
        }
        expect(await sha256OfChunks(inChunks())).toBe(nodeCodec.sha256(Buffer.concat(chunks)));
      }),
    );
  });
});

describe('compression', () => {
  it('gives back what it was given, the same way each time', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 5000 }), (bytes) => {
        const packed = nodeCodec.compress(bytes);
        expect(Buffer.compare(nodeCodec.decompress(packed), bytes)).toBe(0);
        expect(Buffer.compare(nodeCodec.compress(bytes), packed)).toBe(0);
      }),
    );
  });

  it('refuses what is damaged or cut short', () => {
    const packed = nodeCodec.compress(new TextEncoder().encode('line\n'.repeat(1000)));

    expect(() => nodeCodec.decompress(packed.subarray(0, -3))).toThrow();
    expect(() => nodeCodec.decompress(Uint8Array.of(1, 2, 3, 4))).toThrow();
  });
});

describe('lines one after the other', () => {
  const lines = fc.array(
    fc.oneof(
      fc.string({ unit: 'grapheme' }),
      fc.constantFrom('x'.repeat(400_000), 'é'.repeat(700_000)),
    ),
    { maxLength: 6 },
  );
  const textOf = (parts: readonly string[]) => parts.map((part) => `${part}\n`).join('');

  it('have the digest of all of them together', () => {
    fc.assert(
      fc.property(lines, (parts) => {
        const digest = nodeCodec.lineDigest();
        for (const part of parts) digest.add(part);
        expect(digest.sha256()).toBe(nodeCodec.sha256(textOf(parts)));
      }),
      { numRuns: 30 },
    );
  });

  it('come back from one frame, whose bytes depend neither on who waited nor on what came together', async () => {
    const packed = async (parts: readonly string[], waits: boolean) => {
      const compressor = nodeCodec.lineCompressor();
      for (const part of parts) {
        compressor.add(Buffer.from(part));
        if (waits) await compressor.ready();
      }
      return Buffer.from(await compressor.end());
    };
    await fc.assert(
      fc.asyncProperty(lines, async (parts) => {
        const bytes = await packed(
          parts.map((part) => `${part}\n`),
          true,
        );
        expect(nodeCodec.decompressText(bytes)).toBe(textOf(parts));
        expect((await packed([textOf(parts)], false)).equals(bytes)).toBe(true);
      }),
      { numRuns: 20 },
    );
  });
});
