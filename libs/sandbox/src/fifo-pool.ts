import { closeSync, constants, mkdirSync, openSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { Fault } from '#libs/kernel';

const batch = 32;
const lowWater = 8;

/** Runs a program of the system to its end. Rejects where it cannot be run or fails. */
export type RunProgram = (file: string, args: readonly string[]) => Promise<void>;

/** A kernel pipe: what is written to it comes out of `reader`, which ends when every writer has closed. */
export interface Pipe {
  readonly reader: Readable;
  /** The name under which another process may open it for writing. */
  readonly path: string;
  /** Closes our own writing end, which keeps the reader from an early end; to be called once the child has the pipe. */
  closeWriter(): void;
  /**
   * To be called when nothing of the sandbox runs any more. A pipe that ended by itself has no writer left and nothing in it:
   * it is used again. Another loses its name.
   */
  release(): void;
}

/**
 * Real pipes for a step's output. Node's own `stdio: 'pipe'` makes sockets, and a socket cannot be opened as
 * `/dev/stderr`, which shell scripts do. Named pipes are made ahead, many at a time: `mkfifo` is a process of its
 * own, and a fresh inode takes some file systems longer than all the rest. Open to all, as a container's step may be another user
 * that opens it anew through /proc, while the directory is closed to everybody.
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
      // A failure to fill up in the background shows when the pool is empty.
      if (this.#ready.length < lowWater) this.#fill().catch(() => undefined);
      const pipe = this.#open(path);
      if (pipe !== undefined) return pipe;
      // Whoever used it before was its owner, too, and may have closed it to everybody.
      rmSync(path, { force: true });
    }
  }

  /** In turn, without the thread pool: none of it reads or writes a disk, and handing it over costs more than doing it. */
  #open(path: string): Pipe | undefined {
    let readFd: number | undefined;
    let writeFd: number;
    try {
      // The reader first and not blocking: a writer's open waits for one.
      readFd = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
      writeFd = openSync(path, constants.O_WRONLY);
    } catch (error) {
      if (readFd !== undefined) closeSync(readFd);
      const { code } = error as NodeJS.ErrnoException;
      if (code === 'EACCES' || code === 'ENOENT') return undefined;
      throw error;
    }
    const reader = new Socket({ fd: readFd, readable: true, writable: false });
    return {
      reader,
      path,
      closeWriter: () => closeSync(writeFd),
      release: () => {
        reader.destroy();
        if (reader.readableEnded) this.#ready.push(path);
        else rmSync(path, { force: true });
      },
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
