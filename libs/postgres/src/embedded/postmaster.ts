import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processIdentity } from '#libs/data-dir';
import { Fault } from '#libs/kernel';
import { programEnv } from './cluster.ts';
import type { Launcher } from './launcher.ts';
import { parsePostmasterFile } from './postmaster-file.ts';

/** One process of the server. */
export interface Postmaster {
  readonly pid: number;
  readonly identity: string;
  /** Resolves when the process has ended. */
  readonly exited: Promise<void>;
}

const pollMs = 10;
/** Replaying much of the log after a crash takes long; a start that hangs must end all the same. */
const startPolls = 120_000 / pollMs;

/**
 * Starts the server in a process group of its own, so that Ctrl-C on the terminal does not reach it, and waits until it
 * takes connections. It outlives this process if that is killed.
 *
 * @throws Fault `postgres.start-failed` (retry: backoff) with the end of its log
 */
export async function startPostmaster(
  launcher: Launcher,
  clusterDir: string,
  options: { readonly args: readonly string[]; readonly logFile: string },
): Promise<Postmaster> {
  const [program = '', ...args] = [...launcher.prefix, launcher.binaries.postgres, ...options.args];
  const log = openSync(options.logFile, 'a', 0o600);
  const child = spawn(program, args, {
    cwd: '/',
    detached: true,
    env: programEnv(launcher),
    stdio: ['ignore', log, log],
    ...launcher.user,
  });
  closeSync(log);
  let hasEnded = false;
  const exited = new Promise<void>((resolve) => {
    const end = () => {
      hasEnded = true;
      resolve();
    };
    child.once('exit', end);
    child.once('error', end);
  });
  child.unref();
  const { pid } = child;
  const identity = pid === undefined ? undefined : processIdentity(pid);
  for (let poll = 0; poll < startPolls && !hasEnded; poll += 1) {
    const file = readPostmasterFile(clusterDir);
    if (pid !== undefined && identity !== undefined && file?.pid === pid && file.isReady) {
      return { pid, identity, exited };
    }
    await delay(pollMs);
  }
  if (!hasEnded) child.kill('SIGKILL');
  await exited;
  throw new Fault(
    'postgres.start-failed',
    'backoff',
    `Postgres did not start; its log ends with: ${lastLines(options.logFile)}`,
  );
}

/**
 * Finds the server that already runs over the cluster, left by a process that was killed. Its working folder must be the
 * cluster, by what the kernel says: so neither a process with a recycled pid is touched, nor the server of a cluster that
 * this one is a copy of. If the kernel does not tell working folders, the process must have the recorded start time.
 *
 * @param recorded  the record of this cluster
 */
export function findOrphan(
  clusterDir: string,
  recorded: { readonly pid: number; readonly identity: string } | undefined,
): Postmaster | undefined {
  const pid = readPostmasterFile(clusterDir)?.pid;
  if (pid === undefined) return undefined;
  const identity = processIdentity(pid);
  if (identity === undefined) return undefined;
  const isOfThisCluster = tellsWorkingFolders
    ? worksIn(pid, clusterDir)
    : recorded?.pid === pid && recorded.identity === identity;
  if (!isOfThisCluster) return undefined;
  return { pid, identity, exited: pollUntilGone(pid, identity) };
}

const stopSteps = [
  ['SIGINT', 10_000],
  ['SIGQUIT', 5_000],
  ['SIGKILL', 5_000],
] as const;

/**
 * Fast shutdown (10 s), then immediate (5 s; the next start replays its log), then by force. Bounded.
 *
 * @param how  `at-once` begins with the immediate shutdown, which writes nothing
 */
export async function stopPostmaster(
  postmaster: Postmaster,
  how: 'fast' | 'at-once' = 'fast',
): Promise<void> {
  for (const [signal, waitMs] of how === 'fast' ? stopSteps : stopSteps.slice(1)) {
    if (processIdentity(postmaster.pid) !== postmaster.identity) return;
    // The whole group is killed: a child that hangs would keep the shared memory.
    trySignal(signal === 'SIGKILL' ? -postmaster.pid : postmaster.pid, signal);
    const timer = new AbortController();
    const isGone = await Promise.race([
      postmaster.exited.then(() => true),
      delay(waitMs, false, { signal: timer.signal }).catch(() => false),
    ]);
    timer.abort();
    if (isGone) return;
  }
  throw new Fault('postgres.start-failed', 'never', `process ${postmaster.pid} does not end`);
}

/** Whether the server claims to be ready. Its adopter asks whether it answers. */
export function readPostmasterFile(clusterDir: string) {
  try {
    return parsePostmasterFile(readFileSync(join(clusterDir, 'postmaster.pid'), 'utf8'));
  } catch {
    return undefined;
  }
}

/** The end of a log, for an error message. */
function lastLines(logFile: string): string {
  return readFileSync(logFile, 'utf8').slice(-4_096).trim().split('\n').slice(-4).join(' | ');
}

const tellsWorkingFolders = existsSync('/proc/self/cwd');

function worksIn(pid: number, dir: string): boolean {
  try {
    const [there, here] = [`/proc/${pid}/cwd`, dir].map((path) => statSync(path, { bigint: true }));
    return there?.dev === here?.dev && there?.ino === here?.ino;
  } catch {
    return false;
  }
}

async function pollUntilGone(pid: number, identity: string): Promise<void> {
  while (processIdentity(pid) === identity) await delay(100, undefined, { ref: false });
}

export function trySignal(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}
