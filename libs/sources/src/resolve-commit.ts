import { gitUrlProblem } from '#libs/events';
import { Fault } from '#libs/kernel';
import { accessProblem, type GitAccess } from './git-access.ts';
import type { GitCheckout } from './git-source.ts';
import { type GitCallOptions, runGit } from './run-git.ts';

export interface NamedCommit {
  readonly url: string;
  /** A branch, a tag, a whole hash, or HEAD: what the repository gives by itself. */
  readonly name: string;
}

export interface ResolveOptions {
  /** How long the repository may take to say it. */
  readonly timeoutMs: number;
  readonly allowsFiles?: boolean;
  readonly access?: GitAccess;
}

/** Whether a whole hash is that of a tag is only advice: the server that fetches it may reach more than this machine. */
const peelMs = 10_000;
/** Of a line that a repository says; longer ones are no ref. */
const lineMax = 4_096;

const wholeHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** What git takes for a pattern, an option or a way through history is no name here. */
const plainName = /^(?!-)[^\p{Cc}\s~^:?*[\\]{1,500}$/u;

/**
 * The commit that a branch, a tag or HEAD names at this moment, as the repository says. A name that is both is the tag, as
 * for git. A whole hash is taken as it is, unless the repository says that it is an annotated tag's.
 *
 * @throws Fault `source.invalid`, `source.not-found`, `source.fetch-failed`
 */
export async function resolveCommit(
  { url, name }: NamedCommit,
  { timeoutMs, allowsFiles = false, access = {} }: ResolveOptions,
): Promise<GitCheckout> {
  const problem = gitUrlProblem(url, { allowsFiles });
  const lack = accessProblem(url, access);
  if (wholeHash.test(name)) {
    const given = { url, commit: name };
    if (problem !== undefined || lack !== undefined) return given;
    const abort = AbortSignal.timeout(Math.min(timeoutMs, peelMs));
    return peel(given, { abort, allowsFiles, access }).catch(() => given);
  }
  if (problem !== undefined) throw new Fault('source.invalid', 'never', problem);
  if (lack !== undefined) throw new Fault('source.fetch-failed', 'never', lack);
  if (!plainName.test(name))
    throw new Fault('source.invalid', 'never', `${JSON.stringify(name)} names no commit`);
  const abort = AbortSignal.timeout(timeoutMs);
  const words = await runGit(
    '/',
    ['ls-remote', '--quiet', '--symref', '--end-of-options', url, name, `${name}^{}`],
    { abort, allowsFiles, access },
  ).catch((cause: unknown) => {
    if (!abort.aborted) throw cause;
    const message = `the repository did not say within ${timeoutMs / 1_000} s what ${JSON.stringify(name)} is`;
    throw new Fault('source.fetch-failed', 'never', message, { cause });
  });
  const found = new Map(
    words.split('\n').flatMap((line) => {
      const [value, ref] = line.split('\t');
      return value === undefined || ref === undefined ? [] : [[ref, value] as const];
    }),
  );
  // `ref: refs/heads/main<TAB>HEAD` comes before `HASH<TAB>HEAD`, which is what stays in the map.
  const head = /^ref: (\S+)\tHEAD$/m.exec(words)?.[1];
  const places = [name, `refs/tags/${name}`, `refs/heads/${name}`, `refs/${name}`];
  for (const ref of places) {
    const commit = found.get(`${ref}^{}`) ?? found.get(ref);
    if (commit === undefined || !wholeHash.test(commit)) continue;
    const named = ref === 'HEAD' ? head : ref;
    return { url, commit, ...(named && /^refs\/(?:heads|tags)\//.test(named) && { ref: named }) };
  }
  const hint = /^[0-9a-f]{4,64}$/.test(name) ? ': a hash must be written whole' : '';
  throw new Fault(
    'source.not-found',
    'never',
    `the repository has no ${JSON.stringify(name)}${hint}`,
  );
}

/** An annotated tag is an object of its own, and a run is of a commit. */
async function peel(given: GitCheckout, options: GitCallOptions): Promise<GitCheckout> {
  let tag: string | undefined;
  let found = given;
  let rest = '';
  const onOutput = (text: string) => {
    const lines = (rest + text).split('\n');
    rest = (lines.pop() ?? '').slice(0, lineMax);
    for (const line of lines) {
      const [value = '', ref = ''] = line.split('\t');
      // What a tag is of stands in the line behind the tag's own.
      if (tag !== undefined && ref === `${tag}^{}` && wholeHash.test(value) && found === given)
        found = { url: given.url, commit: value, ref: tag };
      if (value === given.commit) tag ??= ref;
    }
  };
  const args = ['ls-remote', '--quiet', '--tags', '--end-of-options', given.url];
  await runGit('/', args, { ...options, onOutput });
  return found;
}
