import { execFile, spawn } from 'node:child_process';
import { existsSync, realpathSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { gitArguments, gitEnvironment } from '#libs/git';
import { Fault } from '#libs/kernel';
import { oneLine } from './git-words.ts';

const run = promisify(execFile);

const outBytesMax = 256 * 1024 * 1024;

export interface UserGitOptions {
  /** Beside the environment that is made from nothing. */
  readonly env?: Readonly<Record<string, string>>;
  readonly timeoutMs?: number;
  /** What git reads; nothing by default. */
  readonly input?: string;
}

/** Nothing in a user's own tree is worth a connection: what a partial clone lacks stays lacking. */
function environment(
  directory: string,
  extra: Readonly<Record<string, string>> = {},
): Record<string, string> {
  const user = { home: homedir(), tree: nearestRepository(directory) ?? realpathSync(directory) };
  return { ...gitEnvironment({ user, protocols: '' }), ...extra };
}

/** The nearest directory with a `.git`, from here upwards, its real path. git itself may say that it is none. */
export function nearestRepository(directory: string): string | undefined {
  for (let at = realpathSync(directory); ; at = dirname(at)) {
    if (existsSync(join(at, '.git'))) return at;
    if (at === dirname(at)) return undefined;
  }
}

/** git in the user's own working tree, with the user's own settings as far as they run nothing. */
export async function gitOf(
  directory: string,
  args: readonly string[],
  { env, timeoutMs = 0, input = '' }: UserGitOptions = {},
) {
  const running = run('git', [...gitArguments, '-C', directory, ...args], {
    env: environment(directory, env),
    maxBuffer: outBytesMax,
    timeout: timeoutMs,
  });
  // git may end before it has read all, which its own words explain.
  running.child.stdin?.on('error', () => {}).end(input);
  return running;
}

/** What git prints, without its last line end; undefined if it fails. */
export async function wordsOf(
  directory: string,
  args: readonly string[],
  options?: UserGitOptions,
): Promise<string | undefined> {
  return gitOf(directory, args, options).then(
    ({ stdout }) => stdout.replace(/\n$/, ''),
    () => undefined,
  );
}

/**
 * Writes into a file what git prints, without a detour over this process.
 *
 * @throws Fault `source.invalid` with one line of git's words
 */
export async function gitIntoFile(
  directory: string,
  args: readonly string[],
  {
    input,
    path,
    env,
  }: { readonly input: string; readonly path: string } & Pick<UserGitOptions, 'env'>,
): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await new Promise<void>((resolve, reject) => {
      const child = spawn('git', [...gitArguments, '-C', directory, ...args], {
        env: environment(directory, env),
        stdio: ['pipe', file.fd, 'pipe'],
      });
      let words = '';
      child.stderr?.setEncoding('utf8').on('data', (text: string) => {
        words = (words + text).slice(-4096);
      });
      const failed = (why: string, cause?: unknown) =>
        reject(new Fault('source.invalid', 'never', why, { cause }));
      child.once('error', (cause) => failed('git cannot be run', cause));
      child.once('close', (code) => {
        if (code === 0) resolve();
        else failed(oneLine(words) || `git ended with ${code}`);
      });
      // It may end before it has read everything.
      child.stdin?.once('error', () => {}).end(input);
    });
  } finally {
    await file.close();
  }
}
