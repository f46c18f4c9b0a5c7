/**
 * The line of git's words that says what is wrong, without credentials that a server or a redirect may have put into an
 * address, and without control characters: a server's words end in events and on terminals. May be empty.
 */
export function oneLine(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const line =
    lines.find((candidate) => /^(fatal|error|remote):/.test(candidate)) ?? lines.at(-1) ?? '';
  const plain = line.replace(/\p{Cc}/gu, ' ').replace(/\/\/[^/@\s]*@/g, '//');
  return plain.slice(0, 300).toWellFormed().trim();
}
