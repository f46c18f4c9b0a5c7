import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { pack } from 'tar-stream';
import { describe, expect, it } from 'vitest';
import { MemoryBlobStore } from '#libs/testkit';
import { judgedSource } from './judged-source.ts';

function tarOf(name: string, content = Buffer.from('x')): Promise<Buffer> {
  const tar = pack();
  tar.entry({ name }, content);
  tar.finalize();
  return buffer(tar as unknown as Readable);
}

const inPieces = (bytes: Buffer, size: number) =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / size) }, (_, at) =>
      bytes.subarray(at * size, (at + 1) * size),
    ),
  );
const digestOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');

describe('an upload that is judged while it is stored', () => {
  it('passes on every byte of a good one', async () => {
    const tar = await tarOf('a.txt', Buffer.alloc(3_000_000, 'a'));
    const blobs = new MemoryBlobStore();
    const { sha256 } = await blobs.put(judgedSource(inPieces(tar, 64 * 1024)));
    expect(sha256).toBe(digestOf(tar));
  });

  it.each([
    ['an entry outside', () => tarOf('../outside')],
    ['no tar', async () => Buffer.from('no tar at all')],
    ['a tar without its end', async () => (await tarOf('a.txt')).subarray(0, 700)],
  ])('stores nothing of %s', async (_, make) => {
    const bytes = await make();
    const blobs = new MemoryBlobStore();
    await expect(blobs.put(judgedSource(inPieces(bytes, 512)))).rejects.toMatchObject({
      code: 'source.invalid',
    });
    expect(await blobs.has(digestOf(bytes))).toBe(false);
  });

  it('leaves alone what stood there before: an artifact with the bytes of a refused source', async () => {
    const bytes = await tarOf('../outside');
    const blobs = new MemoryBlobStore();
    await blobs.put(Readable.from([bytes]));
    await expect(blobs.put(judgedSource(Readable.from([bytes])))).rejects.toThrow();
    expect(await blobs.has(digestOf(bytes))).toBe(true);
  });

  it('says what broke where the sender went away', async () => {
    async function* half() {
      yield (await tarOf('a.txt', Buffer.alloc(100_000))).subarray(0, 2_000);
      throw new Error('the line went dead');
    }
    const blobs = new MemoryBlobStore();
    await expect(blobs.put(judgedSource(Readable.from(half())))).rejects.toThrow(
      'the line went dead',
    );
  });
});
