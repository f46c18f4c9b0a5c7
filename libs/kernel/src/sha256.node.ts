import { createHash } from 'node:crypto';

// The import `#sha256` of package.json: this file in Node, `sha256.browser.ts` where the condition `browser` holds.

/** SHA-256 of bytes, or of a text as UTF-8, in lower-case hexadecimal digits. */
export function sha256Hex(data: string | Uint8Array): string {
  return createHash('sha256').update(data).digest('hex');
}
