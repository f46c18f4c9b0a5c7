import { existsSync, lstatSync, readdirSync, realpathSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join, posix } from 'node:path';
import type { PlanCheckout } from '#libs/events';
import { Fault } from '#libs/kernel';
import { oneLine } from './git-words.ts';
import type { ServerState } from './server-state.ts';
import { gitOf, nearestRepository } from './user-git.ts';

/** Left out if there is no git to say what is ignored. */
const neverTaken: ReadonlySet<string> = new Set(['.git', 'node_modules']);

export interface WorkingTreeList {
  /** Relative, `/` between parts, sorted. Directories that git does not look into end in a slash. */
  readonly names: readonly string[];
  /** The names that are submodules of the repository. */
  readonly submodules: ReadonlySet<string>;
  /** The submodules whose files are in the list, too, each with a list of its own. */
  readonly opened: ReadonlyMap<string, WorkingTreeList>;
  /** Tracked files that git is told not to look at: outside of a sparse checkout, skip-worktree, assume-unchanged. */
  readonly skipped: readonly string[];
  /** Tracked links, each with its object in the index. */
  readonly links: ReadonlyMap<string, string>;
  /** Directories that could not be listed, one line each. */
  readonly notes: readonly string[];
  /** The top of the repository; undefined if the tree is taken as a plain directory. */
  readonly repository: string | undefined;
}

/**
 * Names of a working tree: in a git repository what is tracked (also what was deleted since) or untracked and not
 * ignored, by the user's own ignore rules, too; elsewhere everything but .git and node_modules. Never the state of a server.
 * A project that lies in a repository and is ignored by it as a whole is a plain directory, and that is noted.
 *
 * @param submodules  whether files of submodules are taken, too, as far as they are checked out
 * @throws Fault `source.invalid`, also for a repository that git cannot read: nothing says then what is ignored
 */
export async function listWorkingTree(
  directory: string,
  state: ServerState,
  submodules?: PlanCheckout['submodules'],
): Promise<WorkingTreeList> {
  const top = await findRepository(directory);
  const own = top === undefined ? undefined : await listByGit(directory, top);
  const list = own && submodules ? await openSubmodules(directory, own, submodules) : own;
  if (list !== undefined && (list.names.length > 0 || top === realpathSync(directory)))
    return without(list, state);
  const plain = await listAll(directory, state);
  const notes =
    list === undefined || plain.names.length === 0
      ? plain.notes
      : [...plain.notes, `nothing: the repository at ${top} ignores all of it, so all is taken`];
  return without({ ...plain, notes }, state);
}

function without(list: WorkingTreeList, state: ServerState): WorkingTreeList {
  const names = [...new Set(list.names)].filter((name) => !isState(name, state)).sort();
  return { ...list, names };
}

/** Directories, which end in a slash, may be state by themselves. */
function isState(name: string, state: ServerState): boolean {
  const above = posix.dirname(name);
  return (
    state.includes(above === '.' ? '' : above) ||
    posix.basename(name) === '.millrace' ||
    (name.endsWith('/') && state.includes(name.slice(0, -1)))
  );
}

/**
 * The top of the work tree that a directory lies in, its real path; undefined if there is no repository.
 *
 * @throws Fault `source.invalid` if there is one and git cannot read it
 */
export async function findRepository(directory: string): Promise<string | undefined> {
  const isOwn = existsSync(join(directory, '.git'));
  try {
    const { stdout } = await gitOf(directory, ['rev-parse', '--show-toplevel']);
    return realpathSync(stdout.replace(/\n$/, ''));
  } catch (cause) {
    const { code, stderr = '' } = cause as { code?: unknown; stderr?: string };
    const isMissing = code === 'ENOENT';
    const isNone = !isMissing && /not a git repository/i.test(stderr);
    if (isNone ? !isOwn : isMissing && nearestRepository(directory) === undefined) return undefined;
    const why = isMissing ? 'there is no git in PATH' : oneLine(stderr);
    throw new Fault(
      'source.invalid',
      'never',
      `${directory} is in a git repository that cannot be read: ${why}`,
      { cause },
    );
  }
}

async function listByGit(directory: string, top: string): Promise<WorkingTreeList> {
  const list = (...args: readonly string[]) =>
    gitOf(directory, ['ls-files', '-z', ...args, '--', '.']).catch((cause: unknown) => {
      throw new Fault('source.invalid', 'never', `git cannot list the files of ${directory}`, {
        cause,
      });
    });
  const [cached, others] = await Promise.all([
    list('--cached', '--stage', '-v'),
    list('--others', '--exclude-standard'),
  ]);
  const tracked = split(cached.stdout).map((line) => {
    const [, mark = '', mode, object = '', name = ''] =
      /^(.) (\d+) (\w+) [^\t]*\t(.*)$/s.exec(line) ?? [];
    // A small letter: assume-unchanged.
    return { mode, object, isSkipped: /[Sa-z]/.test(mark), name };
  });
  return {
    names: [...tracked.map(({ name }) => name), ...split(others.stdout)],
    submodules: new Set(tracked.filter(({ mode }) => mode === '160000').map(({ name }) => name)),
    opened: new Map(),
    skipped: tracked.filter((each) => each.isSkipped).map(({ name }) => name),
    links: new Map(
      tracked.flatMap(({ mode, name, object }) => (mode === '120000' ? [[name, object]] : [])),
    ),
    notes: unreadable(others.stderr),
    repository: top,
  };
}

async function openSubmodules(
  directory: string,
  list: WorkingTreeList,
  wish: NonNullable<PlanCheckout['submodules']>,
): Promise<WorkingTreeList> {
  let { names, notes } = list;
  const submodules = new Set(list.submodules);
  const opened = new Map<string, WorkingTreeList>();
  for (const name of list.submodules) {
    const path = join(directory, name);
    // A link or a file may have taken its place: then nothing of it is a part of the tree.
    if (!lstatSync(path, { throwIfNoEntry: false })?.isDirectory()) continue;
    if (!existsSync(join(path, '.git'))) continue;
    const own = await listByGit(path, realpathSync(path));
    const inner = wish === 'recursive' ? await openSubmodules(path, own, wish) : own;
    const below = (each: string) => `${name}/${each}`;
    names = [...names, ...inner.names.map(below)];
    notes = [...notes, ...inner.notes.map(below)];
    for (const each of inner.submodules) submodules.add(below(each));
    opened.set(name, own);
    for (const [each, list] of inner.opened) opened.set(below(each), list);
  }
  return { ...list, names, notes, submodules, opened };
}

/** Directories that git went past, by its warnings. */
function unreadable(words: string): readonly string[] {
  return words.split('\n').flatMap((line) => {
    const found = /^warning: could not open directory '(.*?)\/?': (.*)$/.exec(line);
    return found ? [`${found[1]}: ${found[2]}`] : [];
  });
}

const split = (text: string) => text.split('\u0000').filter((item) => item !== '');

async function listAll(directory: string, state: ServerState): Promise<WorkingTreeList> {
  const names: string[] = [];
  const notes: string[] = [];
  // What cannot be read at all is an error, what lies in it and cannot is left out.
  const open = readdirSync(directory).length === 0 ? [] : [''];
  for (let inside = open.pop(); inside !== undefined; inside = open.pop()) {
    const entries = await readdir(join(directory, inside), { withFileTypes: true }).catch(
      (error: NodeJS.ErrnoException) => {
        notes.push(`${inside}: it cannot be read (${error.code ?? 'unknown'})`);
        return [];
      },
    );
    for (const entry of entries) {
      if (neverTaken.has(entry.name)) continue;
      const name = inside === '' ? entry.name : `${inside}/${entry.name}`;
      if (!entry.isDirectory()) names.push(name);
      else if (!state.includes(name)) open.push(name);
    }
  }
  const none = { submodules: new Set<string>(), opened: new Map(), skipped: [] };
  return { ...none, links: new Map(), names, notes, repository: undefined };
}
