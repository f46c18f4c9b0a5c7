import { spawn } from 'node:child_process';
import { mkdtemp, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { Fault } from '#libs/kernel';
import { gitArguments, gitEnvironment } from './git-command.ts';
import { gitUrlProblem } from './git-url.ts';
import { oneLine } from './git-words.ts';

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
  options: { readonly abort: AbortSignal; readonly allowsFiles: boolean },
): Promise<void> {
  const problem = gitUrlProblem(url, options);
  if (problem !== undefined)
    throw new Fault('source.invalid', 'never', `the repository's address is refused: ${problem}`);
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

function runGit(
  directory: string,
  args: readonly string[],
  options: { readonly abort: AbortSignal; readonly allowsFiles: boolean },
): Promise<string> {
  const protocols = options.allowsFiles ? 'https:http:ssh:file' : 'https:http:ssh';
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...gitArguments, '-C', directory, ...args], {
      env: gitEnvironment({ protocols }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: an abort reaches the helpers that git starts.
      detached: true,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out = (out + chunk.toString('utf8')).slice(-65_536);
    });
    child.stderr.on('data', (chunk: Buffer) => {
      err = (err + chunk.toString('utf8')).slice(-4096);
    });
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    options.abort.addEventListener('abort', kill, { once: true });
    const settle = () => options.abort.removeEventListener('abort', kill);
    child.once('error', (cause) => {
      settle();
      reject(new Fault('source.fetch-failed', 'never', 'git cannot be run', { cause }));
    });
    child.once('close', (code) => {
      settle();
      if (code === 0) resolve(out);
      else {
        const words = oneLine(err);
        reject(
          new Fault(
            'source.fetch-failed',
            'never',
            `git says: ${words || `it ended with ${code}`}`,
          ),
        );
      }
    });
    if (options.abort.aborted) kill();
  });
}
