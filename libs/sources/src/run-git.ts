import { spawn } from 'node:child_process';
import { Fault } from '#libs/kernel';
import { accessArguments, type GitAccess } from './git-access.ts';
import { gitArguments, gitEnvironment } from './git-command.ts';
import { oneLine } from './git-words.ts';

/** Of what it prints; what is asked here is short. */
const outBytesMax = 65_536;

export interface GitCallOptions {
  readonly abort: AbortSignal;
  /** Whether `file:///` repositories of this machine may be used. */
  readonly allowsFiles: boolean;
  readonly access?: GitAccess;
}

/**
 * Runs git for a workspace that no step has seen yet: in one that a step has written to, its settings would be followed.
 *
 * @throws Fault `source.fetch-failed` with one line of git's words
 */
export function runGit(
  directory: string,
  args: readonly string[],
  options: GitCallOptions,
): Promise<string> {
  const protocols = options.allowsFiles ? 'https:http:ssh:file' : 'https:http:ssh';
  const settings = [...gitArguments, ...accessArguments(options.access ?? {})];
  return new Promise((resolve, reject) => {
    const child = spawn('git', [...settings, '-C', directory, ...args], {
      env: gitEnvironment({ protocols }),
      stdio: ['ignore', 'pipe', 'pipe'],
      // A group of its own: an abort reaches the helpers that git starts.
      detached: true,
    });
    let out = '';
    let err = '';
    child.stdout.on('data', (chunk: Buffer) => {
      out = (out + chunk.toString('utf8')).slice(-outBytesMax);
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
