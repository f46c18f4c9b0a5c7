import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { FirstProcess } from './marker.ts';
import { bootId } from './process-table.ts';

/** A sandbox that an executor had when it wrote this. */
export interface JournalEntry {
  readonly name: string;
  /** Undefined where it was only about to start, or where the machine was started anew since. */
  readonly first: FirstProcess | undefined;
}

/**
 * What this executor runs, on disk: a directory per sandbox, made before anything of it exists and removed after
 * the last of it is gone. The file `first-process` holds `PID START_TICKS BOOT_ID`, written before the step's
 * command runs where the driver can hold it back, right after it was started otherwise. The guard reads it too.
 */
export class Journal {
  readonly dir: string;
  readonly #bootId = bootId();

  constructor(stateDir: string) {
    this.dir = join(stateDir, 'sandboxes');
    mkdirSync(this.dir, { recursive: true, mode: 0o700 });
  }

  /** @returns the sandbox's own directory, empty */
  begin(name: string): string {
    const dir = this.directoryOf(name);
    mkdirSync(dir, { mode: 0o700 });
    return dir;
  }

  has(name: string): boolean {
    return existsSync(this.directoryOf(name));
  }

  directoryOf(name: string): string {
    return join(this.dir, name);
  }

  recordFirstProcess(name: string, first: FirstProcess): void {
    const path = join(this.directoryOf(name), 'first-process');
    writeFileSync(path, `${first.pid} ${first.startTicks} ${this.#bootId}\n`);
  }

  end(name: string): void {
    rmSync(this.directoryOf(name), { recursive: true, force: true });
  }

  entries(): JournalEntry[] {
    return readdirSync(this.dir).map((name) => ({ name, first: this.#readFirstProcess(name) }));
  }

  #readFirstProcess(name: string): FirstProcess | undefined {
    const path = join(this.directoryOf(name), 'first-process');
    if (!existsSync(path)) return undefined;
    const [pid, startTicks, boot] = readFileSync(path, 'utf8').trim().split(' ');
    if (boot !== this.#bootId || startTicks === undefined || !/^[1-9]\d*$/.test(pid ?? '')) {
      return undefined;
    }
    return { pid: Number(pid), startTicks };
  }
}
