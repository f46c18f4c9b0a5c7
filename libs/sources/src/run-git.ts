import { spawn } from 'node:child_process';
import { gitArguments, gitEnvironment } from '#libs/git';
import { Fault } from '#libs/kernel';
import { accessArguments, type GitAccess } from './git-access.ts';
import { oneLine } from './git-words.ts';

/** Of what it prints; what is asked here is short. */
const outBytesMax = 65_536;

/**
 * Of each process, since git runs outside of every sandbox on what strangers sent: some bytes can stand for any number
 * of them. Honest repositories stay far below: git itself cuts up what is larger than 512 MiB.
 */
const limits = { memoryBytes: 2 * 1024 ** 3, cpuS: 1_200 };

/** A fixed text, everything else is an argument. If the system knows no such limit, there is none. */
const limited: readonly string[] = [
  '-c',
  'ulimit -v "$1" 2>/dev/null; ulimit -t "$2" 2>/dev/null; shift 2; exec "$@"',
  'sh',
  String(limits.memoryBytes / 1024),
  String(limits.cpuS),
];

/** Packs are mapped in pieces, or a large one would not fit into the limit. */
const mapping = ['-c', 'core.packedGitWindowSize=64m', '-c', 'core.packedGitLimit=512m'];

export interface GitCallOptions {
  readonly abort: AbortSignal;
  /** Whether `file:///` repositories of this machine may be used. */
  readonly allowsFiles: boolean;
  readonly access?: GitAccess;
  /** What it reads. */
  readonly input?: string;
  /** Gets the output of git piece by piece; if it throws, git is killed and the call fails with that error. */
  readonly onOutput?: (text: string) => void;
}

/**
 * Runs git for a workspace that no step has seen yet: in one that a step has written to, its settings would be followed.
 *
 * @returns how it begins what it prints, at most 64 KiB
 * @throws Fault `source.fetch-failed` with one line of git's words; `source.invalid` if git meets its limits; an abort
 * throws its reason
 */
export function runGit(
  directory: string,
  args: readonly string[],
  options: GitCallOptions,
): Promise<string> {
  const protocols = options.allowsFiles ? 'https:http:ssh:file' : 'https:http:ssh';
  const settings = [...gitArguments, ...mapping, ...accessArguments(options.access ?? {})];
  return new Promise((resolve, reject) => {
    const child = spawn('sh', [...limited, 'git', ...settings, '-C', directory, ...args], {
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
    child.once('close', (code, signal) => {
      settle();
      if (code === 0) resolve(out);
      // It was us who ended it, not its limits.
      else if (options.abort.aborted) reject(options.abort.reason);
      else reject(failure(err, code ?? signal));
    });
    if (options.abort.aborted) kill();
  });
}

/** Of git, or of what it starts: too little memory, a signal because of the time, or no room for a thread. */
const atLimit =
  /out of memory|cannot be mapped|mmap failed|unable to create (?:\S+ )?thread|died of signal (?:9|24)\b/i;

function failure(words: string, end: number | string | null): Fault {
  const own = words.replace(/^remote:.*$/gm, '');
  const line = oneLine(words) || `it ended with ${end}`;
  if (end !== 'SIGXCPU' && end !== 'SIGKILL' && !atLimit.test(own))
    return new Fault(
      'source.fetch-failed',
      'never',
      end === 127 ? 'git cannot be run' : `git says: ${line}`,
    );
  const most = `${limits.memoryBytes / 1024 ** 3} GiB of memory or ${limits.cpuS} s of CPU`;
  return new Fault('source.invalid', 'never', `git needs more than ${most} for it: ${line}`);
}
