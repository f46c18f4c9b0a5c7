import { sha256Hex } from '#sha256';

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
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x70;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return format(bytes);
}

/**
 * A name-based uuid (version 8, SHA-256): the same names give the same id for ever.
 * Used for pipelines (tenant + name) and for command ids that derive from a caller's key.
 */
export function uuidFromName(...names: readonly string[]): string {
  const hex = sha256Hex(names.join('\u0000'));
  const variant = digits[(Number.parseInt(hex.slice(16, 18), 16) & 0x3f) | 0x80];
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(18, 20)}-${hex.slice(20, 32)}`;
}

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** True for a lower-case uuid of any version. */
export function isUuid(text: string): boolean {
  return uuidPattern.test(text);
}

/** Each byte in two hexadecimal digits. */
const digits = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

function format(bytes: Uint8Array): string {
  const hex = (from: number, to: number) => {
    let text = '';
    for (let at = from; at < to; at += 1) text += digits[bytes[at] ?? 0];
    return text;
  };
  return `${hex(0, 4)}-${hex(4, 6)}-${hex(6, 8)}-${hex(8, 10)}-${hex(10, 16)}`;
}
