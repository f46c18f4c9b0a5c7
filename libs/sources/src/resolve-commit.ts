import { gitUrlProblem } from '#libs/events';
import { Fault } from '#libs/kernel';
import { accessProblem, type GitAccess } from './git-access.ts';
import type { GitCheckout } from './git-source.ts';
import { runGit } from './run-git.ts';

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

const wholeHash = /^(?:[0-9a-f]{40}|[0-9a-f]{64})$/;
/** What git takes for a pattern, an option or a way through history is no name here. */
const plainName = /^(?!-)[^\p{Cc}\s~^:?*[\\]{1,500}$/u;

/**
 * The commit that a branch, a tag or HEAD names at this moment, as the repository says. A name that is both is the tag, as
 * for git.
 *
 * @throws Fault `source.invalid`, `source.not-found`, `source.fetch-failed`
 */
export async function resolveCommit(
  { url, name }: NamedCommit,
  { timeoutMs, allowsFiles = false, access = {} }: ResolveOptions,
): Promise<GitCheckout> {
  if (wholeHash.test(name)) return { url, commit: name };
  const problem = gitUrlProblem(url, { allowsFiles }) ?? accessProblem(url, access);
  if (problem !== undefined) throw new Fault('source.invalid', 'never', problem);
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
