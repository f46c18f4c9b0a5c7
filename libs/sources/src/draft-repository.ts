import { type CommitFacts, commitFacts } from './commit-facts.ts';
import { type CommitTree, TreeReader } from './commit-tree.ts';
import { lfsWarnings } from './lfs-pointers.ts';
import { type GitCallOptions, runGit } from './run-git.ts';

/** A repository in a directory that no step has seen: the only one that git is run in. */
export class DraftRepository {
  readonly directory: string;
  readonly #options: GitCallOptions;

  constructor(directory: string, options: GitCallOptions) {
    this.directory = directory;
    this.#options = options;
  }

  /** @throws Fault `source.fetch-failed` with one line of git's words */
  git(...args: readonly string[]): Promise<string> {
    return runGit(this.directory, args, this.#options);
  }

  /** What git prints; undefined where it says no. */
  async ask(...args: readonly string[]): Promise<string | undefined> {
    return this.git(...args).then(
      (words) => words.trimEnd(),
      () => {
        this.#options.abort.throwIfAborted();
        return undefined;
      },
    );
  }

  /** @returns everything that git prints, which grows with the tree */
  async list(...args: readonly string[]): Promise<readonly string[]> {
    return this.#listOf(args, undefined);
  }

  /** Marks files that git is not to look at; of the names given, those that the index has. */
  async skipFiles(names: readonly string[]): Promise<void> {
    const wanted = new Set(names);
    const known = (await this.list('ls-files', '-z')).filter((name) => wanted.has(name));
    if (known.length > 0)
      await this.#listOf(['update-index', '-z', '--skip-worktree', '--stdin'], known);
  }

  /**
   * What a filter changes on its way into git (LFS, git-crypt) differs from the commit wherever the filter is missing:
   * such files count as unchanged, as they do where the filter is there.
   */
  async forgiveFilters(): Promise<void> {
    const [modified, deleted] = await Promise.all([
      this.list('ls-files', '-z', '--modified'),
      this.list('ls-files', '-z', '--deleted'),
    ]);
    const gone = new Set(deleted);
    const names = modified.filter((name) => !gone.has(name));
    if (names.length === 0) return;
    const attributes = await this.#listOf(['check-attr', '-z', '--stdin', 'filter'], names);
    // Of each file its name, `filter`, and the filter.
    const filtered = attributes.filter(
      (_, at) => at % 3 === 0 && !['unspecified', 'unset'].includes(attributes[at + 2] ?? 'unset'),
    );
    if (filtered.length > 0)
      await this.#listOf(['update-index', '-z', '--assume-unchanged', '--stdin'], filtered);
  }

  async #listOf(
    args: readonly string[],
    names: readonly string[] | undefined,
  ): Promise<readonly string[]> {
    const pieces: string[] = [];
    const onOutput = (text: string) => void pieces.push(text);
    const input = names && { input: names.map((name) => `${name}\0`).join('') };
    await runGit(this.directory, args, { ...this.#options, ...input, onOutput });
    return pieces
      .join('')
      .split('\0')
      .filter((each) => each !== '');
  }

  /** @throws Fault `source.invalid` where the tree has more than a source may have */
  async readTree(treeish: string): Promise<CommitTree> {
    const reader = new TreeReader();
    await runGit(this.directory, ['ls-tree', '-r', '-l', '-z', '--full-tree', treeish], {
      ...this.#options,
      onOutput: (text) => reader.take(text),
    });
    return reader.tree;
  }

  async readCommit(
    commit: string,
    known: { readonly ref?: string | undefined; readonly repository?: string | undefined },
  ): Promise<CommitFacts> {
    const [words, tag] = await Promise.all([
      this.git(
        ...['-c', 'i18n.logOutputEncoding=UTF-8', 'log', '-1', '--no-show-signature'],
        ...['--no-mailmap', '--format=%an <%ae>%n%B', commit, '--'],
      ),
      this.ask('describe', '--tags', '--exact-match', commit),
    ]);
    return commitFacts({ ...known, commit, tag, words });
  }

  /** Says which files are only pointers, where the commit's attributes give files to LFS. */
  async lfsWarnings(): Promise<readonly string[]> {
    const names = await this.list('ls-files', '-z', '--', ':(attr:filter=lfs)');
    return lfsWarnings(this.directory, names);
  }
}
