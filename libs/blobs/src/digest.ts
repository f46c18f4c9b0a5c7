import { createHash, type Hash } from 'node:crypto';
import { Fault } from '#libs/kernel';

const pattern = /^[0-9a-f]{64}$/;

/** True for a lower-case hex SHA-256: the only names a blob can have, so that no name is ever a path. */
export function isSha256(text: string): boolean {
  return pattern.test(text);
}

export function blobNotFound(sha256: string): Fault {
  return new Fault(
    'blob.not-found',
    'never',
    `there is no blob ${isSha256(sha256) ? sha256 : 'of that name'}`,
  );
}

export interface Expected {
  readonly bytesMax?: number;
  readonly sha256?: string;
}

/** Counts and hashes what passes, and refuses what was not agreed on. */
export class BlobMeter {
  size = 0;
  private readonly hash: Hash = createHash('sha256');
  private readonly expected: Expected;

  constructor(expected: Expected) {
    this.expected = expected;
  }

  /** @throws Fault `request.too-large` as soon as the limit is passed, before the bytes are kept */
  take(bytes: Uint8Array): void {
    this.size += bytes.byteLength;
    const { bytesMax } = this.expected;
    if (bytesMax !== undefined && this.size > bytesMax)
      throw new Fault('request.too-large', 'never', `more than ${bytesMax} bytes`);
    this.hash.update(bytes);
  }

  /** @throws Fault `blob.corrupt` if the digest is not the expected one */
  finish(): { readonly sha256: string; readonly size: number } {
    const sha256 = this.hash.digest('hex');
    const wanted = this.expected.sha256;
    if (wanted !== undefined && wanted !== sha256)
      throw new Fault('blob.corrupt', 'never', `the bytes have digest ${sha256}, not ${wanted}`);
    return { sha256, size: this.size };
  }
}
