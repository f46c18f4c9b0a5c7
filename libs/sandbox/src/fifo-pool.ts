import { closeSync, constants, mkdirSync, openSync, rmSync, unlinkSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '#libs/kernel';

/** One `mkfifo` serves this many attempts: its own start costs more than all of them. */
const batch = 128;
/** The next batch is begun with this many left: more than the steps that start while it is made. */
const lowWater = 32;

/** Runs a program of the system to its end. Rejects if it cannot be run or fails. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<void>;

/** A kernel pipe of one attempt. `reader` gets what is written to it, and ends when every writer has closed. */
export interface Pipe {
  readonly reader: Readable;
  /** The name under which another process may open it for writing, until `handOver`. */
  readonly path: string;
  /**
   * Called once the child has the pipe, or will never have it: closes our own writing end, which kept the reader from an
   * early end, and removes the name. Afterwards only descriptors of the step lead to this pipe.
   */
  handOver(): void;
  /** Called when no process of the sandbox runs any more. */
  release(): void;
}

/**
 * Real pipes for a step's output. Node's own `stdio: 'pipe'` makes sockets, and a socket cannot be opened as
 * `/dev/stderr`, which shell scripts do. Named pipes are made ahead, many at a time: `mkfifo` is a process of its
 * own, and a fresh inode takes some file systems longer than all the rest. Open to all, as a container's step may be another user
 * that opens it anew through /proc, while the directory is closed to everybody.
 *
 * A pipe serves one attempt and never another: a step can open its own for reading and give that descriptor away, and whoever
 * holds it would read, and write, what comes later.
 */
export class FifoPool {
  readonly #dir: string;
  #made = 0;
  #ready: string[] = [];
  #filling: Promise<void> | undefined;
  readonly #run: RunProgram;

  /** @param run  how `mkfifo` is run */
  constructor(stateDir: string, run: RunProgram) {
    this.#run = run;
    this.#dir = join(stateDir, 'pipes');
    rmSync(this.#dir, { recursive: true, force: true });
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
  }

  async take(): Promise<Pipe> {
    for (;;) {
      while (this.#ready.length === 0) await this.#fill();
      const path = this.#ready.pop() ?? '';
      // If filling up in the background fails, that shows when the pool is empty.
      if (this.#ready.length < lowWater) this.#fill().catch(() => undefined);
      const pipe = this.#open(path);
      if (pipe !== undefined) return pipe;
    }
  }

  /**
   * Synchronous calls: none of them touches a disk, and a detour over the thread pool costs more than they do.
   * @returns undefined if somebody took the name away
   */
  #open(path: string): Pipe | undefined {
    let readFd: number | undefined;
    let writeFd: number;
    try {
      // The reader is opened first and does not block: a writer's open waits for one.
      readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      writeFd = openSync(path, constants.O_WRONLY);
    } catch (error) {
      if (readFd !== undefined) closeSync(readFd);
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
      throw error;
    }
    const reader = new Socket({ fd: readFd, readable: true, writable: false });
    return {
      reader,
      path,
      handOver: () => {
        closeSync(writeFd);
        removeName(path);
      },
      release: () => void reader.destroy(),
    };
  }

  #fill(): Promise<void> {
    this.#filling ??= this.#makeBatch().finally(() => {
      this.#filling = undefined;
    });
    return this.#filling;
  }

  async #makeBatch(): Promise<void> {
    const paths = Array.from({ length: batch }, () => join(this.#dir, String(this.#made++)));
    try {
      await this.#run('mkfifo', ['-m', '666', ...paths]);
    } catch (cause) {
      throw new Fault('sandbox.unavailable', 'backoff', 'cannot make pipes with mkfifo', { cause });
    }
    this.#ready.push(...paths);
  }
}

function removeName(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
}
