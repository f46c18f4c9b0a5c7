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
  /** What it reads. */
  readonly input?: string;
  /** Gets what it prints piece by piece; where it throws, git is ended and the call fails by that. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs git for a workspace that no step has seen yet: in one that a step has written to, its settings would be followed.
 *
 * @returns how it begins what it prints, at most 64 KiB
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
      stdio: [options.input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
      // A group of its own: an abort reaches the helpers that git starts.
      detached: true,
    });
    // It may end before it has read everything.
    child.stdin?.once('error', () => {}).end(options.input);
    let out = '';
    let err = '';
    const kill = () => {
      try {
        if (child.pid !== undefined) process.kill(-child.pid, 'SIGKILL');
      } catch {
        // It has ended meanwhile.
      }
    };
    const take = (text: string) => {
      if (!options.onOutput) {
        if (out.length < outBytesMax) out = (out + text).slice(0, outBytesMax);
        return;
      }
      try {
        options.onOutput(text);
      } catch (error) {
        reject(error);
        kill();
      }
    };
    child.stdout?.setEncoding('utf8').on('data', take);
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      err = (err + text).slice(-4096);
    });
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
