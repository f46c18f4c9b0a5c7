import { mkdtemp, rename, rm, rmdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { gitUrlProblem } from '#libs/events';
import { Fault } from '#libs/kernel';
import { DraftRepository } from './draft-repository.ts';
import { printableName } from './entry-name.ts';
import { fetchHistory } from './fetch-history.ts';
import { accessProblem } from './git-access.ts';
import type { GitCallOptions } from './run-git.ts';
import type { SourceFacts, SourceOptions } from './source-provider.ts';
import { submoduleAddresses, wholeAddress } from './submodule-address.ts';
import { requirePlainWay, submodulesMax } from './submodule-way.ts';
import { writeRepository } from './write-repository.ts';

export interface GitCheckout {
  readonly url: string;
  /** 40 or 64 hex digits. */
  readonly commit: string;
  /** The branch or tag by which the commit was named. */
  readonly ref?: string | undefined;
}

export interface CheckoutOptions extends GitCallOptions, Omit<SourceOptions, 'tenant'> {
  /** How deep submodules may lie in each other. */
  readonly levels?: number;
}

const levelsMax = 8;

/**
 * Checks out one commit with the history that was asked for. No hook, filter or setting of the machine takes part; the
 * address and the commit are arguments, never parts of a command line. Submodules only if they are asked for, each
 * by the same rules.
 *
 * How long it may take is the caller's to say, by the abort.
 *
 * @throws Fault `source.invalid` (an address, a tree that is too large), `source.fetch-failed` with one line of git's
 * words; an abort throws its reason
 */
export async function checkOut(
  source: GitCheckout,
  targetDir: string,
  options: CheckoutOptions,
): Promise<SourceFacts> {
  const { url, commit, ref } = source;
  const problem = gitUrlProblem(url, options);
  if (problem !== undefined)
    throw new Fault('source.invalid', 'never', `the repository's address is refused: ${problem}`);
  const lack = accessProblem(url, options.access ?? {});
  if (lack !== undefined) throw new Fault('source.fetch-failed', 'never', lack);
  const directory = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-`));
  const draft = new DraftRepository(directory, options);
  const checkout = options.checkout ?? {};
  try {
    const gitDir = await writeRepository(directory, {
      format: commit.length === 64 ? 'sha256' : 'sha1',
      origin: url,
    });
    const warnings = [...(await fetchHistory(draft, source, checkout))];
    const { submodules } = await draft.readTree(commit);
    await draft.git(
      ...['-c', 'core.symlinks=true', 'checkout', '--quiet', '--detach'],
      ...['--no-recurse-submodules', commit, '--'],
    );
    const head = (await draft.git('rev-parse', '--verify', 'HEAD')).trim();
    if (head !== commit) {
      const isTag = (await draft.ask('cat-file', '-t', commit)) === 'tag';
      const why = isTag
        ? `${commit} is a tag of the commit ${head}: a run is started with the commit's hash`
        : `the checkout is at ${head}, not at ${commit}`;
      throw new Fault('source.fetch-failed', 'never', why);
    }
    if (ref?.startsWith('refs/heads/')) {
      await draft.git('update-ref', ref, commit);
      await writeFile(join(gitDir, 'HEAD'), `ref: ${ref}\n`);
    }
    warnings.push(...(await draft.lfsWarnings()));
    if (checkout.submodules !== undefined)
      warnings.push(...(await checkOutSubmodules(draft, { url, submodules, options })));
    const facts = await draft.readCommit(commit, { ref, repository: url });
    await options.onFacts?.({ commit: facts, warnings });
    await rename(directory, targetDir);
    return { commit: facts, warnings };
  } catch (error) {
    await rm(directory, { recursive: true, force: true });
    options.abort.throwIfAborted();
    throw error;
  }
}

interface SubmodulesOf {
  readonly url: string;
  readonly submodules: readonly { readonly path: string; readonly commit: string }[];
  readonly options: CheckoutOptions;
}

/** Not by `git submodule`, which acts on settings and names that a commit makes up: each is a checkout like the first. */
async function checkOutSubmodules(
  draft: DraftRepository,
  { url, submodules, options }: SubmodulesOf,
): Promise<readonly string[]> {
  if (submodules.length === 0) return [];
  const { levels = levelsMax, checkout } = options;
  if (submodules.length > submodulesMax || levels === 0)
    throw new Fault(
      'source.invalid',
      'never',
      `there are more than ${submodulesMax} submodules, or ${levelsMax} of them in each other`,
    );
  const addresses = await submoduleAddresses(draft);
  const isRecursive = checkout?.submodules === 'recursive';
  const warnings: string[] = [];
  for (const { path, commit } of submodules) {
    const address = addresses.get(path);
    const shown = printableName(path);
    if (address === undefined)
      throw new Fault('source.invalid', 'never', `.gitmodules has no address for ${shown}`);
    await requirePlainWay(draft.directory, path);
    const target = join(draft.directory, path);
    await rmdir(target);
    const { submodules: _, ...inner } = checkout ?? {};
    const take = async () =>
      checkOut({ url: wholeAddress(address, url), commit }, target, {
        ...options,
        levels: levels - 1,
        onFacts: undefined,
        checkout: { ...inner, ...(isRecursive && { submodules: 'recursive' }) },
      });
    const found = await take().catch((cause: unknown) => {
      if (!(cause instanceof Fault)) throw cause;
      throw new Fault(cause.code, 'never', `the submodule ${shown}: ${cause.message}`, { cause });
    });
    warnings.push(...found.warnings.map((words) => `${shown}: ${words}`));
  }
  return warnings;
}
