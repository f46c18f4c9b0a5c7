import { Readable } from 'node:stream';
import type { BlobStore } from '#libs/blobs';
import { judgedSource } from './judged-source.ts';
import { plainTar } from './plain-tar.ts';

/**
 * Stores a working tree that somebody sent, as a plain tar, so that the same tree has one digest however it was packed.
 *
 * @param tar  plain, or compressed by gzip or zstd
 * @throws Fault `source.invalid` for an entry that is not acceptable, `request.too-large`; nothing is stored then
 */
export async function storeSnapshot(
  blobs: BlobStore,
  tar: AsyncIterable<Uint8Array>,
  { bytesMax }: { readonly bytesMax: number },
): Promise<{ readonly digest: string; readonly size: number }> {
  const plain = Readable.from(plainTar(tar), { objectMode: false });
  const { sha256, size } = await blobs.put(judgedSource(plain), { bytesMax });
  return { digest: `sha256:${sha256}`, size };
}
