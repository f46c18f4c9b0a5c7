import { Fault } from '#libs/kernel';
import { type CommitFacts, commitFacts, commitWordsArguments } from './commit-facts.ts';
import { type CommitTree, TreeReader } from './commit-tree.ts';
import { printableName } from './entry-name.ts';
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

  /**
   * What git prints; undefined if it fails.
   * @throws Fault `source.invalid` if it met its limits
   */
  ask(...args: readonly string[]): Promise<string | undefined> {
    return this.#unlessNo(this.git(...args));
  }

  /** Everything that git prints, which grows with the history; undefined if it fails. */
  askAll(...args: readonly string[]): Promise<string | undefined> {
    return this.#unlessNo(this.list(...args).then((pieces) => pieces.join('')));
  }

  async #unlessNo(answer: Promise<string>): Promise<string | undefined> {
    try {
      return (await answer).trimEnd();
    } catch (error) {
      this.#options.abort.throwIfAborted();
      if (isInvalid(error)) throw error;
      return undefined;
    }
  }

  /** @returns everything that git prints, which grows with the tree */
  async list(...args: readonly string[]): Promise<readonly string[]> {
    return this.#listOf(args, undefined);
  }

  /** Marks files, as far as the index has them, so that git does not look at them. */
  async skipFiles(names: readonly string[]): Promise<void> {
    const wanted = new Set(names);
    const known = (await this.list('ls-files', '-z')).filter((name) => wanted.has(name));
    if (known.length > 0)
      await this.#listOf(['update-index', '-z', '--skip-worktree', '--stdin'], known);
  }

  /**
   * Notes in the index which files are as the commit has them. To compare a file that attributes change on its way into
   * git takes its size in memory, here and in each step's `git status`: large ones count as unchanged.
   *
   * @returns warnings
   */
  async refreshIndex(largeFiles: readonly string[]): Promise<readonly string[]> {
    const large = await this.#trackedOf(largeFiles);
    await this.#assumeUnchanged(large);
    // It ends with 1 if files differ, which is no failure.
    const words = await this.ask('update-index', '--ignore-submodules', '--refresh');
    if (words === undefined) await this.#forgiveFilters();
    const filtered = new Set(await this.#filteredOf(large));
    const names = large.filter((name) => !filtered.has(name)).map(printableName);
    const why = 'too large to be compared with the commit, so git takes them as unchanged';
    return names.length === 0 ? [] : [`${why}: ${names.join(', ')}`];
  }

  /**
   * What a filter changes on its way into git (LFS, git-crypt) differs from the commit wherever the filter is missing:
   * such files count as unchanged, as they do on a machine with the filter.
   */
  async #forgiveFilters(): Promise<void> {
    const [modified, deleted] = await Promise.all([
      this.list('ls-files', '-z', '--modified'),
      this.list('ls-files', '-z', '--deleted'),
    ]);
    const gone = new Set(deleted);
    const names = modified.filter((name) => !gone.has(name));
    await this.#assumeUnchanged(await this.#filteredOf(names));
  }

  async #trackedOf(names: readonly string[]): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const tracked = new Set(
      await this.list('--literal-pathspecs', 'ls-files', '-z', '--', ...names),
    );
    return names.filter((name) => tracked.has(name));
  }

  async #filteredOf(names: readonly string[]): Promise<readonly string[]> {
    if (names.length === 0) return [];
    const attributes = await this.#listOf(['check-attr', '-z', '--stdin', 'filter'], names);
    // Of each file its name, `filter`, and the filter.
    return attributes.filter(
      (_, at) => at % 3 === 0 && !['unspecified', 'unset'].includes(attributes[at + 2] ?? 'unset'),
    );
  }

  async #assumeUnchanged(names: readonly string[]): Promise<void> {
    if (names.length > 0)
      await this.#listOf(['update-index', '-z', '--assume-unchanged', '--stdin'], names);
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

  /** @throws Fault `source.invalid` if the tree has more than a source may have */
  async readTree(treeish: string): Promise<CommitTree> {
    const reader = new TreeReader();
    await runGit(this.directory, ['ls-tree', '-r', '-t', '-l', '-z', '--full-tree', treeish], {
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
      this.git(...commitWordsArguments(commit)),
      this.#tagAt(commit),
    ]);
    return commitFacts({ ...known, commit, tag, words });
  }

  /**
   * The tag that `git describe --tags --exact-match` names. Unlike it, this looks at the object of every tag.
   * @throws Fault if one is not there
   */
  async #tagAt(commit: string): Promise<string | undefined> {
    const lines = await this.list(
      ...['for-each-ref', `--points-at=${commit}`, 'refs/tags'],
      '--format=%(taggerdate:unix) %(refname:lstrip=2)%00',
    );
    const found = lines.flatMap((line) => {
      const [, date = '', tag] = /^\n?(\d*) (.+)$/.exec(line) ?? [];
      // Only annotated tags have a date: the newest of them is meant, or else the first.
      return tag === undefined ? [] : [{ tag, date: date === '' ? -1 : Number(date) }];
    });
    return found.sort((one, other) => other.date - one.date)[0]?.tag;
  }

  /** Says which files are only pointers, if the commit's attributes give files to LFS. */
  async lfsWarnings(): Promise<readonly string[]> {
    const names = await this.list('ls-files', '-z', '--', ':(attr:filter=lfs)');
    return lfsWarnings(this.directory, names);
  }
}

const isInvalid = (error: unknown) => error instanceof Fault && error.code === 'source.invalid';
