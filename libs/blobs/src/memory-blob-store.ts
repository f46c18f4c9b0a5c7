import { Readable } from 'node:stream';
import type { BlobStore } from './blob-store.ts';
import { BlobMeter, blobNotFound, type Expected } from './digest.ts';

/** Blobs in memory, for simulations and tests. */
export class MemoryBlobStore implements BlobStore {
  private readonly blobs = new Map<string, Buffer>();

  async put(bytes: Readable | AsyncIterable<Uint8Array>, options: Expected = {}) {
    const meter = new BlobMeter(options);
    const chunks: Uint8Array[] = [];
    for await (const chunk of bytes as AsyncIterable<Uint8Array>) {
      meter.take(chunk);
      chunks.push(chunk);
    }
    const stored = meter.finish();
    this.blobs.set(stored.sha256, Buffer.concat(chunks));
    return stored;
  }

  async get(sha256: string) {
    const bytes = this.blobs.get(sha256);
    if (bytes === undefined) throw blobNotFound(sha256);
    return { size: bytes.length, stream: Readable.from(bytes.length > 0 ? [bytes] : []) };
  }

  async has(sha256: string): Promise<boolean> {
    return this.blobs.has(sha256);
  }
}
