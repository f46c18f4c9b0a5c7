import { execFile } from 'node:child_process';
import { close, constants, mkdirSync, open, rmSync } from 'node:fs';
import { unlink } from 'node:fs/promises';
import { Socket } from 'node:net';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { promisify } from 'node:util';
import { Fault } from '#libs/kernel';

const execFileAsync = promisify(execFile);
// Plain descriptors: a FileHandle that is collected closes its number, which may be somebody else's by then.
const openFd = promisify(open) as (path: string, flags: number) => Promise<number>;
const closeFd = promisify(close);
const batch = 32;
const lowWater = 8;

/** A kernel pipe: what is written to `writeFd` comes out of `reader`, which ends when every writer has closed. */
export interface Pipe {
  readonly reader: Readable;
  readonly writeFd: number;
  /** Closes our own copy of the writing end; to be called once the child has it. */
  closeWriter(): Promise<void>;
}

/**
 * Real pipes for a step's output. Node's own `stdio: 'pipe'` makes sockets, and a socket cannot be opened as
 * `/dev/stderr`, which shell scripts do. Named pipes are made ahead, many at a time: `mkfifo` is a process of its
 * own. Each is used once and its name is gone before the step runs; open to all, as a container's step may be another user
 * that opens it anew through /proc, while the directory is closed to everybody.
 */
export class FifoPool {
  readonly #dir: string;
  #made = 0;
  #ready: string[] = [];
  #filling: Promise<void> | undefined;

  constructor(stateDir: string) {
    this.#dir = join(stateDir, 'pipes');
    rmSync(this.#dir, { recursive: true, force: true });
    mkdirSync(this.#dir, { recursive: true, mode: 0o700 });
  }

  async take(): Promise<Pipe> {
    while (this.#ready.length === 0) await this.#fill();
    const path = this.#ready.pop() ?? '';
    // A failure to fill up in the background shows when the pool is empty.
    if (this.#ready.length < lowWater) this.#fill().catch(() => undefined);
    // The reader first and not blocking: a writer's open waits for one.
    const readFd = await openFd(path, constants.O_RDONLY | constants.O_NONBLOCK);
    const writeFd = await openFd(path, constants.O_WRONLY);
    await unlink(path);
    const reader = new Socket({ fd: readFd, readable: true, writable: false });
    return { reader, writeFd, closeWriter: () => closeFd(writeFd) };
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
      await execFileAsync('mkfifo', ['-m', '666', ...paths]);
    } catch (cause) {
      throw new Fault('sandbox.unavailable', 'backoff', 'cannot make pipes with mkfifo', { cause });
    }
    this.#ready.push(...paths);
  }
}
