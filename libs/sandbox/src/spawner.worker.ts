import { type ChildProcess, spawn } from 'node:child_process';
import { parentPort } from 'node:worker_threads';

// Runs in a thread of its own and imports nothing of ours: starting a process blocks the thread that does it until the new
// process has executed its program, which on a busy machine takes milliseconds that the main thread needs.

/** What is to be started. Descriptors belong to the whole process, so their numbers mean the same here. */
export interface SpawnOrder {
  readonly id: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly stdout: number;
  readonly stderr: number;
}

export type SpawnNews =
  | { readonly id: number; readonly kind: 'started'; readonly pid: number }
  | { readonly id: number; readonly kind: 'failed'; readonly code: string }
  | {
      readonly id: number;
      readonly kind: 'ended';
      readonly exitCode: number | null;
      readonly signal: string | null;
    };

parentPort?.on('message', ({ id, file, args, cwd, env, stdout, stderr }: SpawnOrder) => {
  const tell = (news: SpawnNews) => parentPort?.postMessage(news);
  let child: ChildProcess;
  try {
    child = spawn(file, args, { cwd, env, stdio: ['ignore', stdout, stderr], detached: true });
  } catch (error) {
    tell({ id, kind: 'failed', code: (error as NodeJS.ErrnoException).code ?? 'unknown' });
    return;
  }
  child.once('error', (error: NodeJS.ErrnoException) =>
    tell({ id, kind: 'failed', code: error.code ?? 'unknown' }),
  );
  if (child.pid === undefined) return;
  tell({ id, kind: 'started', pid: child.pid });
  child.once('exit', (exitCode, signal) => tell({ id, kind: 'ended', exitCode, signal }));
});
