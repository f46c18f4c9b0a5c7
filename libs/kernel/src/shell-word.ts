/**
 * A text as one word of a shell's line. Plain words stay readable. A tilde (`~root/x`) and, at the beginning of a word in zsh, an
 * equals sign (`=ls`) stand for something else, so both are quoted.
 */
export function shellWord(text: string): string {
  const isPlain = /^[A-Za-z0-9_@%+:,./-][A-Za-z0-9_@%+:,./=-]*$/.test(text);
  return isPlain ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
