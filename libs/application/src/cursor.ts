/** A number as a cursor: callers see that it is not theirs to make. */
export function cursorOf(place: number): string {
  return Buffer.from(String(place)).toString('base64url');
}

/** @returns undefined for what `cursorOf` did not make */
export function placeOf(cursor: string): number | undefined {
  const text = Buffer.from(cursor, 'base64url').toString('utf8');
  return /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}
