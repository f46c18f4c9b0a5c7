import { type FileHandle, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '#libs/kernel';
import type { BlobStore } from './blob-store.ts';
import { BlobMeter, blobNotFound, type Expected, isSha256 } from './digest.ts';
import { verifiedStream } from './verified-stream.ts';

/**
 * Blobs as files: `<dir>/<first two hex digits>/<sha256>`. Any number of processes may share the directory:
 * a blob appears by one rename, and two writers of the same bytes replace each other's equal file.
 */
export class FsBlobStore implements BlobStore {
  private readonly dir: string;
  private temporaries = 0;

  /** @param dir  created on the first put, 0700 */
  constructor(dir: string) {
    this.dir = dir;
  }

  async put(bytes: Readable | AsyncIterable<Uint8Array>, options: Expected = {}) {
    const { path, file } = await this.openTemporary();
    try {
      const meter = new BlobMeter(options);
      for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
        meter.take(chunk);
        await file.appendFile(chunk);
      }
      const stored = meter.finish();
      await file.sync();
      await file.close();
      await this.publish(path, stored.sha256);
      return stored;
    } catch (error) {
      await file.close().catch(() => undefined); // closed already if the rename failed
      await rm(path, { force: true });
      throw asFault(error);
    }
  }

  async get(sha256: string) {
    if (!isSha256(sha256)) throw blobNotFound(sha256);
    const file = await open(this.pathOf(sha256), 'r').catch((error: NodeJS.ErrnoException) => {
      throw error.code === 'ENOENT' ? blobNotFound(sha256) : error;
    });
    try {
      const { size } = await file.stat();
      return { size, stream: verifiedStream(file, { size, sha256 }) };
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  async has(sha256: string): Promise<boolean> {
    if (!isSha256(sha256)) return false;
    return stat(this.pathOf(sha256)).then(
      (found) => found.isFile(),
      () => false,
    );
  }

  /**
   * Removes what interrupted puts left behind.
   *
   * @param beforeMs  Unix time; temporary files untouched since then belong to nobody any more
   * @returns how many were removed
   */
  async removeAbandoned(beforeMs: number): Promise<number> {
    const names = await readdir(join(this.dir, 'tmp')).catch(() => []);
    let removed = 0;
    for (const name of names) {
      const path = join(this.dir, 'tmp', name);
      const found = await stat(path).catch(() => undefined);
      if (found === undefined || found.mtimeMs >= beforeMs) continue;
      await rm(path, { force: true });
      removed += 1;
    }
    return removed;
  }

  private pathOf(sha256: string): string {
    return join(this.dir, sha256.slice(0, 2), sha256);
  }

  /** Names need only be free, not secret: the pid keeps processes apart, `wx` settles the rest. */
  private async openTemporary(): Promise<{ path: string; file: FileHandle }> {
    const folder = join(this.dir, 'tmp');
    const created = await mkdir(folder, { recursive: true, mode: 0o700 });
    if (created !== undefined) await syncUpTo(dirname(created), this.dir);
    for (;;) {
      this.temporaries += 1;
      const path = join(folder, `${process.pid}-${this.temporaries}`);
      try {
        return { path, file: await open(path, 'ax', 0o600) };
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw asFault(error);
      }
    }
  }

  private async publish(temporary: string, sha256: string): Promise<void> {
    const folder = join(this.dir, sha256.slice(0, 2));
    const created = await mkdir(folder, { recursive: true, mode: 0o700 });
    await rename(temporary, join(folder, sha256));
    await syncDirectory(folder);
    if (created !== undefined) await syncDirectory(this.dir);
  }
}

/** A rename survives a power cut only when the directory itself was written. */
async function syncDirectory(path: string): Promise<void> {
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

/** From a directory up to one above it, both included: those that were made between them must be found again. */
async function syncUpTo(top: string, path: string): Promise<void> {
  await syncDirectory(path);
  if (path !== top && path.startsWith(top)) await syncUpTo(top, dirname(path));
}

function asFault(error: unknown): unknown {
  const code = (error as NodeJS.ErrnoException | undefined)?.code;
  if (code !== 'ENOSPC' && code !== 'EDQUOT') return error;
  return new Fault('server.disk-low', 'backoff', 'the disk is full', { cause: error });
}
