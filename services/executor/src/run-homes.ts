import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment } from '#libs/api-contract';
import { isUuid, sha256Hex } from '#libs/kernel';
import { diskUsageBytes } from './disk-usage.ts';
import type { TreeRemover } from './remove-tree.ts';

/**
 * Which steps of a run share a HOME: those of one image that are isolated alike, which the driver says. What one step downloads
 * is there for the next one, and what a step without isolation leaves is never read by one with it, or the other way round.
 * A step with secrets is to have one of its own, which goes with its attempt; there are no secrets yet.
 */
export function homeName({ image }: Pick<Assignment, 'image'>, driver: string): string {
  return `${driver}-${sha256Hex(image).slice(0, 16)}`;
}

/** The HOMEs of runs, `DIRECTORY/<run>/<name>`. They come and go with the run's workspace. */
export class RunHomes {
  readonly #directory: string;
  readonly #remover: TreeRemover;

  constructor(directory: string, remover: TreeRemover) {
    this.#directory = directory;
    this.#remover = remover;
  }

  pathOf(runId: string): string {
    return join(this.#directory, runId);
  }

  /** Made by the first step that asks. @param name  of those that share it, from `homeName` */
  async make(runId: string, name: string): Promise<string> {
    const path = join(this.pathOf(runId), name);
    await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** For a run that goes on in the workspace of another one. */
  async move(from: string, to: string): Promise<void> {
    // Steps that never ran here have none.
    await rename(this.pathOf(from), this.pathOf(to)).catch(() => {});
  }

  /** Removes what is of no run that has a workspace. */
  async retain(hasWorkspace: (runId: string) => Promise<boolean>): Promise<void> {
    for (const name of await readdir(this.#directory)) {
      if (!isUuid(name) || !(await hasWorkspace(name)))
        await this.#remover.remove(this.pathOf(name));
    }
  }

  bytesOf(runId: string): Promise<number> {
    return diskUsageBytes(this.pathOf(runId));
  }

  /** What resists goes with the trash. Never throws. */
  async remove(runId: string): Promise<void> {
    const path = this.pathOf(runId);
    const names = await readdir(path).catch(() => [] as string[]);
    // Most steps leave nothing in it.
    for (const name of names) await rmdir(join(path, name)).catch(() => {});
    await rmdir(path).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ENOENT') await this.#remover.remove(path);
    });
  }
}
