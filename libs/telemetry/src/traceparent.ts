const pattern = /^00-([0-9a-f]{32})-([0-9a-f]{16})-([0-9a-f]{2})$/;

/** True for a W3C traceparent of version 00 whose ids are not all zero. */
export function isTraceparent(text: string): boolean {
  const match = pattern.exec(text);
  return match !== null && !/^0+$/.test(match[1] ?? '') && !/^0+$/.test(match[2] ?? '');
}

/**
 * A traceparent in the same trace, or in a new one if there is none.
 *
 * @param random  24 random bytes
 */
export function childTraceparent(parent: string | null, random: Uint8Array): string {
  const hex = Buffer.from(random).toString('hex').padEnd(48, '1');
  const match = parent !== null && isTraceparent(parent) ? pattern.exec(parent) : null;
  const trace = match?.[1] ?? hex.slice(0, 32);
  return `00-${trace}-${hex.slice(32, 48)}-${match?.[3] ?? '01'}`;
}
