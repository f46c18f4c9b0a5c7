import { copyFile, type FileHandle, mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { gitRefSchema, type PlanCheckout } from '#libs/events';
import { type AskGit, chooseHistory, readTags } from './choose-history.ts';
import { commitWordsArguments } from './commit-facts.ts';
import {
  publicAddress,
  type SnapshotPart,
  type SnapshotRepository,
  tagsMax,
  wordsMax,
} from './snapshot-repository.ts';
import { gitIntoFile, wordsOf } from './user-git.ts';

export interface PackedRepository {
  readonly repository: SnapshotRepository;
  readonly pack: Pack;
  readonly warnings: readonly string[];
}

export interface Pack {
  /** Open, and without a name any more: closing it is all that has to be done. */
  readonly file: FileHandle;
  readonly bytes: number;
}

/**
 * A user's repository as a run gets it: the objects of a bounded history and of the index, and a description. Undefined
 * if there is no commit yet. Nothing of the repository is changed.
 *
 * @param top      of the repository's working tree
 * @param skipped  names of the files that git is told not to look at
 * @throws Fault `source.invalid` with git's reason, for instance objects that are missing
 */
export async function packRepository(
  top: string,
  checkout: PlanCheckout,
  skipped: readonly string[],
): Promise<PackedRepository | undefined> {
  const ask: AskGit = (args, options) => wordsOf(top, args, options);
  const [head, allTags, settings, staged] = await Promise.all([
    readHead(top),
    checkout.tags === false ? [] : readTags(ask),
    readSettings(top),
    isStaged(top),
  ]);
  if (head === undefined) return undefined;
  const { commit, shallowPath } = head;
  const history = await chooseHistory({ ask, head: commit, shallowPath, tags: allTags }, checkout);
  const tags = allTags
    .filter((tag) => history.commits.has(tag.commit))
    .slice(0, tagsMax)
    .map(({ ref, object }) => ({ ref, object }));
  const draft = await mkdtemp(join(tmpdir(), 'millrace-pack-'));
  try {
    const index = staged ? await writeIndexTree(top, head, draft) : undefined;
    const path = join(draft, 'pack');
    const lines = [
      ...history.shallow.map((commit) => `--shallow ${commit}`),
      commit,
      ...(index ? [index.tree] : []),
      ...tags.map(({ object }) => object),
    ];
    // No search for new deltas: those of the repository are taken over, and the rest is sent once.
    const args = ['pack-objects', '--revs', '--stdout', '--delta-base-offset', '--window=0', '-q'];
    await gitIntoFile(top, args, { input: `${lines.join('\n')}\n`, path, env: index?.env ?? {} });
    const file = await open(path, 'r');
    return {
      repository: {
        version: 1,
        format: head.format,
        commit,
        ...(head.ref !== undefined && { ref: head.ref }),
        ...(index && { index: index.tree }),
        ...(skipped.length > 0 && { skipped: [...skipped] }),
        shallow: [...history.shallow],
        tags,
        abbrev: head.abbrev,
        ...settings,
      },
      pack: { file, bytes: (await file.stat()).size },
      warnings: history.warnings,
    };
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
}

/** What a tree that is only a part of a repository is told of it; undefined if there is no commit yet. */
export async function describePart(directory: string): Promise<SnapshotPart | undefined> {
  const [head, { origin }, tag, words] = await Promise.all([
    readHead(directory),
    readSettings(directory),
    wordsOf(directory, ['describe', '--tags', '--exact-match', 'HEAD']),
    wordsOf(directory, commitWordsArguments('HEAD')),
  ]);
  if (head === undefined) return undefined;
  return {
    version: 1,
    part: true,
    commit: head.commit,
    ...(head.ref !== undefined && { ref: head.ref }),
    ...(tag && { tag }),
    ...(origin !== undefined && { origin }),
    words: (words ?? '').slice(0, wordsMax),
  };
}

interface Head {
  readonly commit: string;
  readonly ref: string | undefined;
  readonly format: 'sha1' | 'sha256';
  readonly abbrev: number;
  readonly indexPath: string;
  readonly objectsPath: string;
  readonly shallowPath: string;
}

async function readHead(top: string): Promise<Head | undefined> {
  const paths = ['index', 'objects', 'shallow'].flatMap((name) => ['--git-path', name]);
  const [words, short, ref] = await Promise.all([
    wordsOf(top, ['rev-parse', ...paths, 'HEAD^{commit}']),
    wordsOf(top, ['rev-parse', '--short', 'HEAD']),
    // Not by rev-parse: a tag may be called HEAD, too.
    wordsOf(top, ['symbolic-ref', '--quiet', 'HEAD']),
  ]);
  if (words === undefined || short === undefined) return undefined;
  const [indexPath = '', objectsPath = '', shallowPath = '', commit = ''] = words.split('\n');
  return {
    commit,
    ref: gitRefSchema.safeParse(ref).success ? ref : undefined,
    format: commit.length === 64 ? 'sha256' : 'sha1',
    abbrev: short.length,
    indexPath: resolve(top, indexPath),
    objectsPath: resolve(top, objectsPath),
    shallowPath: resolve(top, shallowPath),
  };
}

/** Whether the index differs from HEAD. */
async function isStaged(top: string): Promise<boolean> {
  return (await wordsOf(top, ['diff-index', '--cached', '--quiet', 'HEAD', '--'])) === undefined;
}

/** Of a copy, into a directory of ours. Undefined if the index has no tree, as in the middle of a merge. */
async function writeIndexTree(top: string, head: Head, draft: string) {
  const env = {
    GIT_INDEX_FILE: join(draft, 'index'),
    GIT_OBJECT_DIRECTORY: draft,
    GIT_ALTERNATE_OBJECT_DIRECTORIES: head.objectsPath,
  };
  await copyFile(head.indexPath, env.GIT_INDEX_FILE).catch(() => {});
  const tree = await wordsOf(top, ['write-tree'], { env });
  return tree === undefined ? undefined : { tree, env };
}

/** As they are written: what a user's `insteadOf` makes of an address may hold a password. */
async function readSettings(top: string): Promise<Pick<SnapshotRepository, 'settings' | 'origin'>> {
  const names = '^(remote\\.origin\\.url|core\\.(autocrlf|eol|filemode|symlinks))$';
  const text = await wordsOf(top, ['config', '--null', '--get-regexp', names]);
  const found = new Map(
    (text ?? '').split('\0').map((item) => {
      const at = item.indexOf('\n');
      return at < 0 ? [item, 'true'] : [item.slice(0, at), item.slice(at + 1)];
    }),
  );
  const one = <Value extends string>(name: string, ...values: readonly Value[]) =>
    values.find((value) => value === found.get(name)?.toLowerCase());
  const autocrlf = one('core.autocrlf', 'true', 'false', 'input');
  const eol = one('core.eol', 'lf', 'crlf', 'native');
  const fileMode = one('core.filemode', 'true', 'false');
  const symlinks = one('core.symlinks', 'true', 'false');
  const origin = publicAddress(found.get('remote.origin.url') ?? '');
  return {
    ...(origin !== undefined && { origin }),
    settings: {
      ...(autocrlf && { autocrlf }),
      ...(eol && { eol }),
      ...(fileMode && { fileMode }),
      ...(symlinks && { symlinks }),
    },
  };
}
