/** An opaque cursor of a list: the key behind which its next page begins. Callers see that it is not theirs to make. */
export function encodeCursor(key: string | number): string {
  return Buffer.from(String(key)).toString('base64url');
}

/**
 * @param form  of the keys of this list
 * @returns the key, or undefined if this list does not give out such cursors
 */
export function decodeCursor(cursor: string, form: RegExp): string | undefined {
  const key = Buffer.from(cursor, 'base64url').toString('utf8');
  return form.test(key) ? key : undefined;
}
