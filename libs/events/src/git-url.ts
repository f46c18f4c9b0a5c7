const scpLike = /^[A-Za-z0-9_.-]{1,64}@[A-Za-z0-9.-]{1,253}:(?!\/\/)[^\s:][^\s]*$/;
const sshUser = /^[A-Za-z0-9_.][A-Za-z0-9_.-]{0,63}$/;
/** Names as they stand in an address; what begins with a dash could be read as an option by ssh. */
const hostName =
  /^(?:[A-Za-z0-9_.%\u0080-\uffff][A-Za-z0-9_.%\u0080-\uffff-]*|\[[0-9A-Fa-f:.]+\])$/;

/** Who compares paths must see the one that a server is asked for: curl takes `/a/../b` for `/b`, percent signs or not. */
const dotSegment = /[/:](?:\.|%2e){1,2}(?:\/|$)/i;

const expected = 'expected https://, http://, ssh:// or user@host:path';

/**
 * What is wrong with a repository's address, or undefined. Nothing that git reads as an option or as a program to run;
 * no credentials, since addresses stand in events. The words never repeat the address.
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
  if (dotSegment.test(url)) return 'its path has a . or .. in it';
  if (options.allowsFiles && url.startsWith('file:///')) return undefined;
  if (/^(?:https?|ssh):\/\//.test(url)) return addressProblem(url);
  return scpLike.test(url) ? undefined : expected;
}

function addressProblem(url: string): string | undefined {
  const parsed = URL.parse(url);
  // As written: a parser drops what is empty, `https://@host/` and `https://:@host/`.
  const authority = url.slice(url.indexOf('://') + 3).split(/[/?#]/, 1)[0] ?? '';
  if (!url.startsWith('ssh:') && (authority.includes('@') || parsed?.username || parsed?.password))
    return 'it holds a user name or a password, which would stand in events for ever: the server’s setting git_credentials_file names a file for them, git_ssh_key a key';
  if (!parsed) return expected;
  if (parsed.password || /:.*@/.test(authority)) return 'it holds a password';
  if (authority.includes('@') && !sshUser.test(authority.slice(0, authority.lastIndexOf('@'))))
    return 'the user’s name holds odd characters';
  if (parsed.search !== '' || parsed.hash !== '' || /[?#]/.test(url))
    return 'it holds a query or a fragment';
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  if (!hostName.test(host)) return 'the host’s name holds odd characters';
  return parsed.pathname.startsWith('/') && url.includes('/', url.indexOf('://') + 3)
    ? undefined
    : expected;
}
