import type { Readable } from 'node:stream';

/**
 * Immutable bytes by their SHA-256. Nothing is removed through this port: equal bytes are one blob, whoever put them, so who
 * would take back what it has put could take it from somebody else. What must not be stored is judged on its way in: a
 * stream that ends with an error leaves nothing.
 */
export interface BlobStore {
  /**
   * Stores a stream. Visible only when complete: temporary file, fsync, rename, fsync of the directory.
   *
   * @param options.bytesMax  more than this is refused
   * @param options.sha256    lower-case hex; a stream that does not match is refused
   * @throws Fault `request.too-large`, `blob.corrupt`
   */
  put(
    bytes: Readable | AsyncIterable<Uint8Array>,
    options?: { readonly bytesMax?: number; readonly sha256?: string },
  ): Promise<{ readonly sha256: string; readonly size: number }>;
  /**
   * The stream holds a file open until it has ended or was destroyed: who asks for it does one or the other.
   *
   * @throws Fault `blob.not-found`
   */
  get(sha256: string): Promise<{ readonly size: number; readonly stream: Readable }>;
  has(sha256: string): Promise<boolean>;
}
