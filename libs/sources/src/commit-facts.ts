/** The facts about the commit of a run's files that its steps get; unknown ones are empty. */
export interface CommitFacts {
  readonly commit: string;
  /** `refs/heads/…` or `refs/tags/…`. */
  readonly ref: string;
  readonly branch: string;
  /** A tag at the commit. */
  readonly tag: string;
  /** The repository's address, without credentials. */
  readonly repository: string;
  /** `Name <address>`, as the commit says. */
  readonly author: string;
  readonly message: string;
}

/** Limit of a message in bytes: an environment has room for more, which nobody would read. */
const messageBytesMax = 8 * 1024;
const authorBytesMax = 512;

export interface CommitWords {
  readonly commit: string;
  readonly ref?: string | undefined;
  readonly tag?: string | undefined;
  readonly repository?: string | undefined;
  /** What `commitWordsArguments` has git print: `Name <address>`, a line end, and the message. */
  readonly words: string;
}

/** @param commit  a hash, or HEAD */
export function commitWordsArguments(commit: string): readonly string[] {
  return [
    ...['-c', 'i18n.logOutputEncoding=UTF-8', 'log', '-1', '--no-show-signature'],
    ...['--no-mailmap', '--no-color', '--format=%an <%ae>%n%B', commit, '--'],
  ];
}

/** The text of a commit is a stranger's: it is cut to a length, and characters that harm a terminal or an environment go. */
export function commitFacts(given: CommitWords): CommitFacts {
  const { commit, ref = '', tag = '', repository = '', words } = given;
  const at = words.indexOf('\n');
  const [author, message] = at < 0 ? [words, ''] : [words.slice(0, at), words.slice(at + 1)];
  return {
    commit,
    ref,
    branch: after(ref, 'refs/heads/'),
    tag: after(ref, 'refs/tags/') || tag,
    repository,
    author: bounded(author.replace(/\p{Cc}/gu, ' ').trim(), authorBytesMax),
    message: bounded(plain(message).trimEnd(), messageBytesMax),
  };
}

const after = (text: string, start: string) =>
  text.startsWith(start) ? text.slice(start.length) : '';

/** Lines and tabs stay, other control characters go. */
const plain = (text: string) =>
  text.replace(/\r\n?/g, '\n').replace(/\p{Cc}/gu, (one) => (/[\n\t]/.test(one) ? one : ''));

function bounded(text: string, bytesMax: number): string {
  const whole = text.toWellFormed();
  if (Buffer.byteLength(whole) <= bytesMax) return whole;
  const cut = Buffer.from(whole).subarray(0, bytesMax - 3);
  // Half a character at the end becomes a replacement character.
  return `${new TextDecoder().decode(cut).replace(/\ufffd$/, '')}…`;
}
