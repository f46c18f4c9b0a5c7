/**
 * The line of git's words that says what is wrong, without credentials that a server or a redirect may have put into an
 * address, and without control characters: a server's words end in events and on terminals. May be empty.
 */
export function oneLine(words: string): string {
  const lines = words.split('\n').filter((line) => line.trim() !== '');
  const first = (pattern: RegExp) => lines.find((candidate) => pattern.test(candidate));
  const line =
    first(/^Host key verification failed|^\S*: Permission denied \(|^ssh: |^Load key /) ??
    first(/^(fatal|error|remote):/) ??
    lines.at(-1) ??
    '';
  const plain = line.replace(/\p{Cc}/gu, ' ').replace(/\/\/[^/@\s]*@/g, '//');
  return (plain.slice(0, 300).toWellFormed().trim() + hintOf(line)).trim();
}

/** Which setting is missing or wrong if a repository refuses access. */
function hintOf(line: string): string {
  if (/Host key verification failed/.test(line)) return ' (hosts: the setting git_known_hosts)';
  if (/Permission denied \(|^Load key /.test(line)) return ' (the key: the setting git_ssh_key)';
  return /could not read (?:Username|Password)|Authentication failed/.test(line)
    ? ' (private repositories: the setting git_credentials_file)'
    : '';
}
