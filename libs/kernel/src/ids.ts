import { createHash } from 'node:crypto';

/** Source of fresh identifiers; a port, so that a simulation hands out the same ids each time. */
export interface Ids {
  /** A new uuid, version 7 (ordered by time, so that index pages stay warm). */
  uuid(): string;
}

/**
 * A version 7 uuid from its parts.
 *
 * @param nowMs   Unix time in milliseconds, 48 bits
 * @param random  at least 10 random bytes
 */
export function uuidv7(nowMs: number, random: Uint8Array): string {
  const bytes = new Uint8Array(16);
  let rest = nowMs;
  for (let at = 5; at >= 0; at -= 1) {
    bytes[at] = rest % 256;
    rest = Math.floor(rest / 256);
  }
  bytes.set(random.subarray(0, 10), 6);
  return stampAndFormat(bytes, 0x70);
}

/**
 * A name-based uuid (version 8, SHA-256): the same names give the same id for ever.
 * Used for pipelines (tenant + name) and for command ids that derive from a caller's key.
 */
export function uuidFromName(...names: readonly string[]): string {
  const digest = createHash('sha256').update(names.join('\u0000')).digest();
  return stampAndFormat(Uint8Array.from(digest.subarray(0, 16)), 0x80);
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case uuid of any version. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

function stampAndFormat(bytes: Uint8Array, version: number): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | version;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Buffer.from(bytes).toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}
