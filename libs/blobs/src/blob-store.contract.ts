import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import type { BlobStore } from './blob-store.ts';

const shaOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const streamOf = (...chunks: readonly Uint8Array[]) => Readable.from(chunks);

/** What every blob store does. `make` gives an empty one each time. */
export function blobStoreContract(name: string, make: () => Promise<BlobStore>): void {
  describe(name, () => {
    const large = randomBytes(300_000);

    it('gives back what was put, by its digest', async () => {
      const store = await make();
      const stored = await store.put(streamOf(large.subarray(0, 7), large.subarray(7)));
      expect(stored).toEqual({ sha256: shaOf(large), size: large.length });
      const { size, stream } = await store.get(stored.sha256);
      expect(size).toBe(large.length);
      expect((await buffer(stream)).equals(large)).toBe(true);
      expect(await store.has(stored.sha256)).toBe(true);
    });

    it('stores nothing at all as a blob of its own', async () => {
      const store = await make();
      const { sha256, size } = await store.put(streamOf());
      expect(size).toBe(0);
      expect(await buffer((await store.get(sha256)).stream)).toHaveLength(0);
    });

    it('takes the same bytes twice, also at once', async () => {
      const store = await make();
      const [first, second] = await Promise.all([
        store.put(streamOf(large)),
        store.put(streamOf(large)),
      ]);
      expect(second).toEqual(first);
      expect((await buffer((await store.get(first.sha256)).stream)).equals(large)).toBe(true);
    });

    it('does not know what was never put', async () => {
      const store = await make();
      for (const sha256 of [shaOf(Buffer.from('x')), '', '../x', 'A'.repeat(64)]) {
        expect(await store.has(sha256)).toBe(false);
        await expect(store.get(sha256)).rejects.toMatchObject({ code: 'blob.not-found' });
      }
    });

    it('refuses more than allowed and keeps nothing of it', async () => {
      const store = await make();
      await expect(
        store.put(streamOf(large), { bytesMax: large.length - 1 }),
      ).rejects.toMatchObject({ code: 'request.too-large' });
      expect(await store.has(shaOf(large))).toBe(false);
      await store.put(streamOf(large), { bytesMax: large.length });
    });

    it('refuses bytes of another digest', async () => {
      const store = await make();
      const sha256 = shaOf(Buffer.from('other'));
      await expect(store.put(streamOf(large), { sha256 })).rejects.toMatchObject({
        code: 'blob.corrupt',
      });
      expect(await store.has(sha256)).toBe(false);
      expect(await store.has(shaOf(large))).toBe(false);
      await store.put(streamOf(large), { sha256: shaOf(large) });
    });

    it('keeps what stood there where the same bytes are refused', async () => {
      const store = await make();
      await store.put(streamOf(large));
      async function* refused() {
        yield large;
        throw new Error('not acceptable');
      }
      await expect(store.put(refused())).rejects.toThrow('not acceptable');
      expect((await buffer((await store.get(shaOf(large))).stream)).equals(large)).toBe(true);
    });

    it('keeps nothing of a stream that breaks, and passes its error on', async () => {
      const store = await make();
      async function* broken() {
        yield large;
        throw new Error('the line went dead');
      }
      await expect(store.put(broken())).rejects.toThrow('the line went dead');
      expect(await store.has(shaOf(large))).toBe(false);
    });
  });
}
