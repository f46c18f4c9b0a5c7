import { readFile } from 'node:fs/promises';
import type { PlanCheckout } from '#libs/events';
import { wordsOf } from './user-git.ts';

/** Most commits taken when the file gives no depth. */
export const historyCommitsMax = 1_000;
/** Most commits read when it does; older ones are left out. */
const readCommitsMax = 200_000;
/** Most boundary commits passed to one `git merge-base`. */
const edgesMax = 500;
/** git looks at the whole history where few tags are reachable. */
const describeMs = 10_000;

export interface RepositoryFacts {
  /** Of its working tree. */
  readonly top: string;
  /** The commit that HEAD is at. */
  readonly head: string;
  /** Where git says which commits of a shallow clone have no parents. */
  readonly shallowPath: string;
  readonly tags: readonly {
    readonly ref: string;
    readonly object: string;
    readonly commit: string;
  }[];
}

export interface ChosenHistory {
  readonly commits: ReadonlySet<string>;
  /** Those of them whose parents stay behind. */
  readonly shallow: readonly string[];
}

type Parents = ReadonlyMap<string, readonly string[]>;

/**
 * Which commits go along: by default what `git describe --tags` needs to say the same as in the whole repository, and
 * just HEAD where it would say nothing, or the nearest tag is too far away.
 */
export async function chooseHistory(
  repository: RepositoryFacts,
  checkout: PlanCheckout,
): Promise<ChosenHistory> {
  const { depth } = checkout;
  const { top, head } = repository;
  if (depth !== undefined && depth !== 1) {
    const most = `--max-count=${readCommitsMax}`;
    const known = await readParents(top, [most, head]);
    return cut(repository, depth === 'full' ? known : generations(known, head, depth));
  }
  const wantsTag = depth !== 1 && checkout.tags !== false;
  const wanted = wantsTag ? await toNearestTag(repository) : undefined;
  return cut(repository, wanted ?? (await readParents(top, ['--max-count=1', head])));
}

async function toNearestTag({ top, head, tags }: RepositoryFacts): Promise<Parents | undefined> {
  if (tags.length === 0) return undefined;
  const options = { timeoutMs: describeMs };
  const tag = await wordsOf(top, ['describe', '--tags', '--abbrev=0', head], options);
  const base = tags.find(({ ref }) => ref === `refs/tags/${tag}`)?.commit;
  if (base === undefined) return undefined;
  const since = await sinceBase(top, head, base);
  if (!since || since.edges.every((edge) => edge === base)) return since?.known;
  // Branches that began before the tag: without the way from the tag to where they began, git would count that
  // commit as one that came after it.
  const edges = since.edges.slice(0, edgesMax);
  const common = await wordsOf(top, ['merge-base', '--octopus', base, ...edges]);
  return common ? (await sinceBase(top, head, common))?.known : undefined;
}

interface Since {
  readonly known: Parents;
  /** The commits at which it ends, which are reachable from the base or are it. */
  readonly edges: readonly string[];
}

/** What came after the base, and the commits where it ends; undefined where that is too much. */
async function sinceBase(top: string, head: string, base: string): Promise<Since | undefined> {
  if (base === head) return { known: await readParents(top, ['--max-count=1', head]), edges: [] };
  const range = [head, `^${base}`];
  const most = historyCommitsMax + 1;
  const count = await wordsOf(top, ['rev-list', '--count', `--max-count=${most}`, ...range]);
  if (count === undefined || Number(count) > historyCommitsMax) return undefined;
  const lines = await readLines(top, ['--boundary', ...range]);
  const edges = lines.filter((line) => line.startsWith('-')).map((line) => hashes(line)[0] ?? '');
  return { known: parentsOf(lines), edges };
}

const edgesOf = (known: Parents): readonly string[] =>
  [...known.keys()].filter((commit) => known.get(commit)?.some((parent) => !known.has(parent)));

const readParents = async (top: string, args: readonly string[]): Promise<Parents> =>
  parentsOf(await readLines(top, args));

async function readLines(top: string, args: readonly string[]): Promise<readonly string[]> {
  const text = (await wordsOf(top, ['rev-list', '--parents', ...args])) ?? '';
  return text.split('\n').filter((line) => line !== '');
}

const hashes = (line: string) => line.replace(/^-/, '').split(' ');

function parentsOf(lines: readonly string[]): Parents {
  return new Map(
    lines.map((line) => {
      const [commit = '', ...parents] = hashes(line);
      return [commit, parents] as const;
    }),
  );
}

/** HEAD is the first generation. */
function generations(known: Parents, head: string, depth: number): Parents {
  const taken = new Map<string, readonly string[]>();
  let now = [head];
  for (let at = 0; at < depth && now.length > 0; at += 1) {
    const next: string[] = [];
    for (const commit of now) {
      const parents = known.get(commit);
      if (parents === undefined || taken.has(commit)) continue;
      taken.set(commit, parents);
      next.push(...parents);
    }
    now = next;
  }
  return taken;
}

/** A user's own clone may be shallow itself: git says then that the commits at its edge have no parents. */
async function cut({ shallowPath }: RepositoryFacts, known: Parents): Promise<ChosenHistory> {
  const own = await readFile(shallowPath, 'utf8').catch(() => '');
  const already = own.split('\n').filter((commit) => known.has(commit));
  return {
    commits: new Set(known.keys()),
    shallow: [...new Set([...edgesOf(known), ...already])].sort(),
  };
}
