/**
 * A text without the characters at its end that are among `characters`. Its cost is linear in what it takes off: a pattern such
 * as `/\r+$/` looks anew at each character of every row of them, so that a hostile line of 64 KiB takes seconds.
 */
export function trimEndOf(text: string, characters: string): string {
  let end = text.length;
  while (end > 0 && characters.includes(text.charAt(end - 1))) end -= 1;
  return text.slice(0, end);
}
