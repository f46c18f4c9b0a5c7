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
    const names = await this.ask('ls-files', '-z', '--', ':(attr:filter=lfs)');
    return lfsWarnings(this.directory, names ?? '');
  }
}
