import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { closeSync, constants, openSync } from 'node:fs';
import type { Socket } from 'node:net';

// A process of its own that imports nothing of ours: a fork copies the page tables of whoever forks, and each of its pages is
// copied once more when it is next written to. From an executor of 300 MB that costs 5 to 12 ms a step, from here under 1 ms.

/** An order to start a process. */
export interface SpawnOrder {
  readonly id: number;
  readonly file: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  /** Named pipes for stdout and stderr, whose readers are open; without them the output is dropped. */
  readonly outputs?: readonly [string, string];
  /** Gives the process a socket as descriptor 3, whose other end goes to the executor. */
  readonly hasControl?: boolean;
}

/** The descriptor after stdin and the outputs. */
const controlPlace = 3;

export type SpawnNews =
  | { readonly id: number; readonly kind: 'started'; readonly pid: number }
  | { readonly id: number; readonly kind: 'failed'; readonly code: string }
  | {
      readonly id: number;
      readonly kind: 'ended';
      readonly exitCode: number | null;
      readonly signal: string | null;
    };

const running = new Set<number>();

function tell(news: SpawnNews, socket?: Socket): void {
  if (process.connected) process.send?.(news, socket, undefined, () => {});
}

function codeOf(error: unknown): string {
  return (error as NodeJS.ErrnoException).code ?? 'unknown';
}

function obey(order: SpawnOrder): void {
  const { id } = order;
  let child: ChildProcess;
  try {
    child = start(order);
  } catch (error) {
    tell({ id, kind: 'failed', code: codeOf(error) });
    return;
  }
  child.once('error', (error) => tell({ id, kind: 'failed', code: codeOf(error) }));
  const { pid } = child;
  if (pid === undefined) return;
  running.add(pid);
  // Sending the message closes our own copy of the socket.
  tell(
    { id, kind: 'started', pid },
    (child.stdio[controlPlace] as Socket | undefined) ?? undefined,
  );
  child.once('exit', (exitCode, signal) => {
    running.delete(pid);
    tell({ id, kind: 'ended', exitCode, signal });
  });
}

function start({ file, args, cwd, env, outputs, hasControl }: SpawnOrder): ChildProcess {
  const fds: number[] = [];
  try {
    for (const path of outputs ?? []) fds.push(openSync(path, constants.O_WRONLY));
    const out = outputs ? fds : (['ignore', 'ignore'] as const);
    const stdio: StdioOptions = ['ignore', ...out, ...(hasControl ? (['pipe'] as const) : [])];
    return spawn(file, args, { cwd, env, stdio, detached: true });
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}

// A signal to a whole service is meant for the executor, which decides what becomes of its steps.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

process.on('message', obey);

// The executor is gone. Its guard may have searched before the last process was started here, so this kills as well.
process.on('disconnect', () => {
  for (const pid of running) {
    try {
      process.kill(-pid, 'SIGKILL');
    } catch {
      // It has ended meanwhile.
    }
  }
  process.exit();
});
