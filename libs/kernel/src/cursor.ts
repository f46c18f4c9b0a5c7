/** An opaque cursor of a list: the key behind which its next page begins. Callers see that it is not theirs to make. */
export function encodeCursor(key: string | number): string {
  const bytes = new TextEncoder().encode(String(key));
  const base64 = btoa(String.fromCharCode(...bytes));
  return base64.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

/**
 * @param form  of the keys of this list
 * @returns the key, or undefined if this list does not give out such cursors
 */
export function decodeCursor(cursor: string, form: RegExp): string | undefined {
  if (!/^[\w-]*$/.test(cursor) || cursor.length % 4 === 1) return undefined;
  const bytes = atob(cursor.replaceAll('-', '+').replaceAll('_', '/'));
  const key = new TextDecoder().decode(Uint8Array.from(bytes, (byte) => byte.charCodeAt(0)));
  return form.test(key) ? key : undefined;
}
