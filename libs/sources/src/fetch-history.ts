import { access, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanCheckout } from '#libs/events';
import { Fault } from '#libs/kernel';
import {
  type AskGit,
  chooseHistory,
  historyCommitsMax,
  noNearTag,
  readTags,
} from './choose-history.ts';
import type { DraftRepository } from './draft-repository.ts';

/** Temporary ref: git fetches tags only for commits that a ref is updated to. */
const holder = 'refs/millrace/run';

/** Generations that are fetched one after the other until `git describe` knows the nearest tag. */
const depths: readonly number[] = [50, 250, historyCommitsMax];

export interface WantedCommit {
  readonly url: string;
  readonly commit: string;
}

/**
 * Fetches a commit with the history that was asked for; by default what `chooseHistory` says,
 * so that a commit has the same history as a working tree. If a server gives no single commit, all branches and tags
 * are fetched and stay.
 *
 * @returns warnings
 * @throws Fault `source.fetch-failed`
 */
export async function fetchHistory(
  draft: DraftRepository,
  wanted: WantedCommit,
  checkout: PlanCheckout,
): Promise<readonly string[]> {
  const tags = checkout.tags === false ? '--no-tags' : undefined;
  const depth = checkout.depth ?? (tags === undefined ? undefined : 1);
  try {
    if (depth !== undefined) {
      await fetchOne(draft, wanted, [tags, ...(depth === 'full' ? [] : [`--depth=${depth}`])]);
      return [];
    }
    return await deepen(draft, wanted);
  } catch (error) {
    if (!isRefusal(error)) throw error;
    await fetchAll(draft, wanted, tags);
    await requireCommit(draft, wanted.commit);
    return [];
  } finally {
    await draft.ask('update-ref', '-d', holder);
  }
}

async function deepen(draft: DraftRepository, wanted: WantedCommit): Promise<readonly string[]> {
  for (const [at, depth] of depths.entries()) {
    await fetchOne(draft, wanted, [`--depth=${depth}`]);
    if (await isDescribed(draft, wanted.commit)) {
      const warnings = await cutHistory(draft, wanted.commit, true);
      // Where merged branches meet may still be too deep.
      if (warnings.length === 0) return [];
    }
    if (
      at === 0 &&
      (await draft.ask('ls-remote', '--tags', '--exit-code', wanted.url)) === undefined
    )
      return cutHistory(draft, wanted.commit, false);
  }
  await cutHistory(draft, wanted.commit, false);
  return [noNearTag];
}

/** Cuts a history that was fetched deeper than chosen: objects beyond the cut stay, and nothing refers to them. */
async function cutHistory(
  draft: DraftRepository,
  head: string,
  isDescribed: boolean,
): Promise<readonly string[]> {
  const gitDir = join(draft.directory, '.git');
  const shallowPath = join(gitDir, 'shallow');
  const ask: AskGit = (args) => draft.askAll(...args);
  const tags = await readTags(ask);
  const known = isDescribed ? tags : [];
  const chosen = await chooseHistory({ ask, head, shallowPath, tags: known }, {});
  const refs = tags.filter(({ commit }) => chosen.commits.has(commit));
  await rm(join(gitDir, 'refs', 'tags'), { recursive: true });
  await mkdir(join(gitDir, 'refs', 'tags'));
  const packed = refs.map(({ object, ref }) => `${object} ${ref}\n`);
  await writeFile(join(gitDir, 'packed-refs'), packed.join(''));
  if (chosen.shallow.length === 0) await rm(shallowPath, { force: true });
  else await writeFile(shallowPath, `${chosen.shallow.join('\n')}\n`);
  return chosen.warnings;
}

function fetchOne(
  draft: DraftRepository,
  { url, commit }: WantedCommit,
  options: readonly (string | undefined)[],
): Promise<string> {
  const given = options.filter((option) => option !== undefined);
  return draft.git(
    ...['fetch', '--quiet', '--no-write-fetch-head', ...given],
    ...['--end-of-options', url, `+${commit}:${holder}`],
  );
}

const isRefusal = (error: unknown) =>
  /not our ref|unadvertised|does not allow|shallow capabilities/i.test((error as Error).message);

function fetchAll(
  draft: DraftRepository,
  { url }: WantedCommit,
  tags: string | undefined,
): Promise<string> {
  return draft.git(
    ...['fetch', '--quiet', '--no-tags', '--no-write-fetch-head', '--end-of-options', url],
    '+refs/heads/*:refs/remotes/origin/*',
    ...(tags === undefined ? ['+refs/tags/*:refs/tags/*'] : []),
  );
}

/** After a forced push a repository drops what no branch and no tag leads to. */
async function requireCommit(draft: DraftRepository, commit: string): Promise<void> {
  if ((await draft.ask('cat-file', '-e', commit)) !== undefined) return;
  throw new Fault(
    'source.fetch-failed',
    'never',
    `the repository does not have the commit ${commit}, or no longer: no branch and no tag leads to it`,
  );
}

/** Whether the nearest tag is here, and all that came after it; or the whole history. */
async function isDescribed(draft: DraftRepository, commit: string): Promise<boolean> {
  const path = join(draft.directory, '.git', 'shallow');
  if (!(await isThere(path))) return true;
  const tag = await draft.ask('describe', '--tags', '--abbrev=0', commit);
  if (tag === undefined) return false;
  const shallow = new Set((await readFile(path, 'utf8')).split('\n'));
  const since = await draft.askAll('rev-list', commit, `^refs/tags/${tag}`);
  return since !== undefined && !since.split('\n').some((each) => shallow.has(each));
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
