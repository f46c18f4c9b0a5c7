import { mkdtemp, readdir, readFile, rm, truncate, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blobStoreContract } from './blob-store.contract.ts';
import { FsBlobStore } from './fs-blob-store.ts';

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), 'millrace-blobs-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));
const freshDir = () => mkdtemp(join(root, 'store-'));

blobStoreContract('FsBlobStore', async () => new FsBlobStore(await freshDir()));

describe('FsBlobStore on disk', () => {
  const bytes = Buffer.alloc(200_000, 'millrace ');

  async function storeWithBlob() {
    const dir = await freshDir();
    const store = new FsBlobStore(dir);
    const { sha256 } = await store.put(Readable.from([bytes]));
    return { dir, store, sha256, path: join(dir, sha256.slice(0, 2), sha256) };
  }

  it('leaves no temporary file after success or refusal', async () => {
    const { dir, store } = await storeWithBlob();
    await expect(store.put(Readable.from([bytes]), { bytesMax: 1 })).rejects.toThrow();
    expect(await readdir(join(dir, 'tmp'))).toEqual([]);
  });

  it('tells a reader that a byte was changed before the last chunk is given out', async () => {
    const { store, sha256, path } = await storeWithBlob();
    const changed = await readFile(path);
    changed[100] = 0;
    await writeFile(path, changed);
    const { stream } = await store.get(sha256);
    let received = 0;
    await expect(
      (async () => {
        for await (const chunk of stream) received += chunk.length;
      })(),
    ).rejects.toMatchObject({ code: 'blob.corrupt' });
    expect(received).toBeLessThan(bytes.length);
  });

  it.each([0, 1_000])('tells a reader that the file was cut to %i bytes', async (length) => {
    const { store, sha256, path } = await storeWithBlob();
    await truncate(path, length);
    const { stream } = await store.get(sha256);
    await expect(buffer(stream)).rejects.toMatchObject({ code: 'blob.corrupt' });
  });

  it('heals a corrupt blob when the right bytes are put again', async () => {
    const { store, sha256, path } = await storeWithBlob();
    await writeFile(path, 'rot');
    await store.put(Readable.from([bytes]));
    expect((await buffer((await store.get(sha256)).stream)).equals(bytes)).toBe(true);
  });

  it('closes its file when the reader goes away before reading', async () => {
    const { store, sha256 } = await storeWithBlob();
    const { stream } = await store.get(sha256);
    await new Promise<void>((resolve) => stream.once('close', () => resolve()).destroy());
    expect(stream.destroyed).toBe(true);
  });

  it('steps over the temporary file of an earlier process with its pid, and sweeps it later', async () => {
    const { dir, store } = await storeWithBlob();
    const left = join(dir, 'tmp', `${process.pid}-2`);
    await writeFile(left, 'half');
    await utimes(left, 1, 1);
    await store.put(Readable.from([Buffer.from('more')]));
    expect(await readdir(join(dir, 'tmp'))).toEqual([`${process.pid}-2`]);
    expect(await store.removeAbandoned(500)).toBe(0);
    expect(await store.removeAbandoned(2_000)).toBe(1);
  });
});
