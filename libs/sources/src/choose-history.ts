import { readFile } from 'node:fs/promises';
import { gitRefSchema, type PlanCheckout } from '#libs/events';

/** Most commits taken when the file gives no depth. */
export const historyCommitsMax = 1_000;
/** Most commits read when it does; older ones are left out. */
const readCommitsMax = 200_000;
/** Most boundary commits passed to one `git merge-base`. */
const edgesMax = 500;
/** git looks at the whole history if few tags are reachable. */
const describeMs = 10_000;

/** Asks git in the repository: what it prints, without its last line end; undefined if it fails. */
export type AskGit = (
  args: readonly string[],
  options?: { readonly timeoutMs?: number },
) => Promise<string | undefined>;

export interface RepositoryFacts {
  readonly ask: AskGit;
  /** The commit that HEAD is at. */
  readonly head: string;
  /** Where git says which commits of a shallow clone have no parents. */
  readonly shallowPath: string;
  readonly tags: readonly Tag[];
}

export interface Tag {
  readonly ref: string;
  readonly object: string;
  readonly commit: string;
}

export interface ChosenHistory {
  readonly commits: ReadonlySet<string>;
  /** The commits among them whose parents do not come along. */
  readonly shallow: readonly string[];
  readonly warnings: readonly string[];
}

/** The warning if the rule gives one commit although there is a tag. */
export const noNearTag = `no tag within ${historyCommitsMax} commits: steps get just the last one, git describe needs source: {depth: full}`;

type Parents = ReadonlyMap<string, readonly string[]>;

/**
 * Which commits a workspace has, whether its files come from a working tree or by a commit: by default what `git describe
 * --tags` needs to say the same as in the whole repository, and just HEAD if it would say nothing, or more than 1,000
 * commits came after the nearest tag.
 */
export async function chooseHistory(
  repository: RepositoryFacts,
  checkout: PlanCheckout,
): Promise<ChosenHistory> {
  const { depth } = checkout;
  const { ask, head } = repository;
  if (depth !== undefined && depth !== 1) {
    const most = `--max-count=${readCommitsMax}`;
    const known = await readParents(ask, [most, head]);
    return cut(repository, depth === 'full' ? known : generations(known, head, depth));
  }
  const wantsTag = depth !== 1 && checkout.tags !== false;
  const base = wantsTag ? await nearestTag(repository) : undefined;
  const wanted = base === undefined ? undefined : await toTag(repository, base);
  const chosen = await cut(repository, wanted ?? (await readParents(ask, ['--max-count=1', head])));
  return base === undefined || wanted ? chosen : { ...chosen, warnings: [noNearTag] };
}

export async function readTags(ask: AskGit): Promise<readonly Tag[]> {
  // Peeled to the end, for a tag may name another tag: for-each-ref goes one step in older versions of git.
  const text = await ask(['show-ref', '--tags', '--dereference']);
  const lines = (text ?? '').split('\n').map((line) => line.split(' '));
  const objects = new Map(lines.map(([object = '', name = '']) => [name, object] as const));
  return [...objects].flatMap(([ref, object]) =>
    gitRefSchema.safeParse(ref).success
      ? [{ ref, object, commit: objects.get(`${ref}^{}`) ?? object }]
      : [],
  );
}

/** @returns its commit */
async function nearestTag({ ask, head, tags }: RepositoryFacts): Promise<string | undefined> {
  if (tags.length === 0) return undefined;
  const tag = await ask(['describe', '--tags', '--abbrev=0', head], { timeoutMs: describeMs });
  return tags.find(({ ref }) => ref === `refs/tags/${tag}`)?.commit;
}

/** Undefined if there are too many commits. */
async function toTag({ ask, head }: RepositoryFacts, base: string): Promise<Parents | undefined> {
  const since = await sinceBase(ask, { head, base });
  if (!since || since.edges.every((edge) => edge === base)) return since?.known;
  // Branches that began before the tag: without the way from the tag to where they began, git would count that
  // commit as one that came after it.
  const edges = since.edges.slice(0, edgesMax);
  const common = await ask(['merge-base', '--octopus', base, ...edges]);
  return common ? (await sinceBase(ask, { head, base: common }))?.known : undefined;
}

interface Since {
  readonly known: Parents;
  /** The commits at which it ends, which are reachable from the base or are it. */
  readonly edges: readonly string[];
}

/** The commits after the base, and those at which they end; undefined if there are too many. */
async function sinceBase(
  ask: AskGit,
  { head, base }: { readonly head: string; readonly base: string },
): Promise<Since | undefined> {
  if (base === head) return { known: await readParents(ask, ['--max-count=1', head]), edges: [] };
  const range = [head, `^${base}`];
  const most = historyCommitsMax + 1;
  const count = await ask(['rev-list', '--count', `--max-count=${most}`, ...range]);
  if (count === undefined || Number(count) > historyCommitsMax) return undefined;
  const lines = await readLines(ask, ['--boundary', ...range]);
  const edges = lines.filter((line) => line.startsWith('-')).map((line) => hashes(line)[0] ?? '');
  return { known: parentsOf(lines), edges };
}

const edgesOf = (known: Parents): readonly string[] =>
  [...known.keys()].filter((commit) => known.get(commit)?.some((parent) => !known.has(parent)));

const readParents = async (ask: AskGit, args: readonly string[]): Promise<Parents> =>
  parentsOf(await readLines(ask, args));

async function readLines(ask: AskGit, args: readonly string[]): Promise<readonly string[]> {
  const text = (await ask(['rev-list', '--parents', ...args])) ?? '';
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
    warnings: [],
  };
}
