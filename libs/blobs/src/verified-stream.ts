import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { Fault } from '#libs/kernel';

const chunkBytes = 64 * 1024;

/**
 * Reads a blob's file and checks its digest on the way. The last chunk is given out only when the whole
 * digest is right, so that a reader who counts bytes never takes a corrupt blob for a complete one.
 * Closes the handle whichever way it ends.
 */
export function verifiedStream(
  file: FileHandle,
  { size, sha256 }: { readonly size: number; readonly sha256: string },
): Readable {
  const hash = createHash('sha256');
  let position = 0;

  async function next(): Promise<Buffer | null> {
    if (position >= size && size > 0) return null;
    const { bytesRead, buffer } = await file.read(
      Buffer.allocUnsafe(Math.min(chunkBytes, size - position)),
    );
    const chunk = buffer.subarray(0, bytesRead);
    hash.update(chunk);
    position += bytesRead;
    const isLast = position >= size || bytesRead === 0;
    if (isLast && hash.digest('hex') !== sha256)
      throw new Fault('blob.corrupt', 'never', `the stored bytes of blob ${sha256} have changed`);
    return bytesRead === 0 ? null : chunk;
  }

  return new Readable({
    read() {
      next().then(
        (chunk) => this.push(chunk),
        (error: Error) => this.destroy(error),
      );
    },
    destroy(error, done) {
      file.close().then(
        () => done(error),
        (closing: Error) => done(error ?? closing),
      );
    },
  });
}
