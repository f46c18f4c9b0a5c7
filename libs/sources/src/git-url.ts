/** Protocols that a source may use. `file` only where a setting of the executor allows it. */
const protocols = /^(?:https?|ssh):\/\/[^/\s?#]+\/\S*$/;
const scpLike = /^[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9.-]{1,253}:(?!\/\/)[^\s:][^\s]*$/;

/**
 * What is wrong with a repository's address, or undefined. Nothing that git reads as an option or as a program to run;
 * no password, since addresses stand in events.
 */
export function gitUrlProblem(
  url: string,
  options: { readonly allowsFiles: boolean },
): string | undefined {
  if (url.length > 2048) return 'it is longer than 2,048 characters';
  if (url.startsWith('-')) return 'it begins with a dash';
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is looked for
  if (/[\u0000-\u0020\u007f\\]/.test(url))
    return 'it holds white space, a backslash or control characters';
  if (url.includes('::')) return 'transport helpers are not allowed';
  if (options.allowsFiles && url.startsWith('file:///')) return undefined;
  if (protocols.test(url))
    return /^[a-z]+:\/\/[^/@]*:[^/@]*@/.test(url) ? 'it holds a password' : undefined;
  return scpLike.test(url) ? undefined : 'expected https://, http://, ssh:// or user@host:path';
}
