import { access, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PlanCheckout } from '#libs/events';
import { historyCommitsMax } from './choose-history.ts';
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
 * Fetches a commit with the history that was asked for; by default as much as `git describe --tags` needs, within
 * bounds. Where a server gives no single commit, all branches and tags are fetched.
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
    return [];
  } finally {
    await draft.ask('update-ref', '-d', holder);
  }
}

async function deepen(draft: DraftRepository, wanted: WantedCommit): Promise<readonly string[]> {
  for (const [at, depth] of depths.entries()) {
    await fetchOne(draft, wanted, [`--depth=${depth}`]);
    if (await isDescribed(draft, wanted.commit)) return [];
    if (
      at === 0 &&
      (await draft.ask('ls-remote', '--tags', '--exit-code', wanted.url)) === undefined
    )
      return [];
  }
  return [`no tag within ${historyCommitsMax} commits: git describe needs source: {depth: full}`];
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

/** Whether the nearest tag is here, and all that came after it; or the whole history. */
async function isDescribed(draft: DraftRepository, commit: string): Promise<boolean> {
  const path = join(draft.directory, '.git', 'shallow');
  if (!(await isThere(path))) return true;
  const tag = await draft.ask('describe', '--tags', '--abbrev=0', commit);
  if (tag === undefined) return false;
  const shallow = new Set((await readFile(path, 'utf8')).split('\n'));
  const since = await draft.ask('rev-list', commit, `^refs/tags/${tag}`);
  return since !== undefined && !since.split('\n').some((each) => shallow.has(each));
}

const isThere = (path: string) =>
  access(path).then(
    () => true,
    () => false,
  );
