import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault } from '#libs/kernel';
import { accessProblem } from './git-access.ts';
import { gitUrlProblem } from './git-url.ts';
import { type GitCallOptions, runGit } from './run-git.ts';

export interface GitCheckout {
  readonly url: string;
  /** 40 or 64 hex digits. */
  readonly commit: string;
}

/**
 * Checks out one commit: fetched alone where the server allows it, else from the whole history. No hook, filter, submodule
 * or setting of the machine takes part; the address and the commit are arguments, never parts of a command line.
 * `.git` stays in the workspace: tools read their version from it.
 *
 * How long it may take is the caller's to say, by the abort.
 *
 * @throws Fault `source.invalid` (the address), `source.fetch-failed` with one line of git's words; an abort throws its reason
 */
export async function checkOut(
  { url, commit }: GitCheckout,
  targetDir: string,
  options: GitCallOptions,
): Promise<void> {
  const problem = gitUrlProblem(url, options);
  if (problem !== undefined)
    throw new Fault('source.invalid', 'never', `the repository's address is refused: ${problem}`);
  const lack = accessProblem(url, options.access ?? {});
  if (lack !== undefined) throw new Fault('source.fetch-failed', 'never', lack);
  const draft = await mkdtemp(join(dirname(targetDir), `.${basename(targetDir)}-`));
  const git = (...args: readonly string[]) => runGit(draft, args, options);
  try {
    await git('init', '--quiet', '--template=', '.');
    try {
      await git(
        'fetch',
        '--quiet',
        '--no-tags',
        '--depth=1',
        '--no-write-fetch-head',
        '--end-of-options',
        url,
        commit,
      );
    } catch (error) {
      options.abort.throwIfAborted();
      if (
        !/not our ref|unadvertised|does not allow|shallow capabilities/i.test(
          (error as Error).message,
        )
      )
        throw error;
      await git(
        'fetch',
        '--quiet',
        '--no-tags',
        '--no-write-fetch-head',
        '--end-of-options',
        url,
        '+refs/heads/*:refs/remotes/origin/*',
        '+refs/tags/*:refs/tags/*',
      );
    }
    await git(
      '-c',
      'core.symlinks=true',
      'checkout',
      '--quiet',
      '--detach',
      '--no-recurse-submodules',
      commit,
      '--',
    );
    const head = (await git('rev-parse', '--verify', 'HEAD')).trim();
    if (head !== commit)
      throw new Fault(
        'source.fetch-failed',
        'never',
        `the checkout is at ${head}, not at ${commit}`,
      );
    await rename(draft, targetDir);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    options.abort.throwIfAborted();
    throw error;
  }
}
