import { existsSync } from 'node:fs';
import { mkdir, readdir, rename, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Assignment } from '#libs/executor-protocol';
import { isUuid, sha256Hex } from '#libs/kernel';
import { diskUsageBytes } from './disk-usage.ts';
import { ownDirectory, type TreeRemover } from './remove-tree.ts';

/**
 * Steps of a run with the same image and driver share a HOME. What one step downloads is there for the next one, and what a step
 * without isolation leaves is never read by one with it, or the other way round.
 * A step with secrets is to have one of its own, which goes with its attempt; there are no secrets yet.
 */
export function homeName({ image }: Pick<Assignment, 'image'>, driver: string): string {
  return `${driver}-${sha256Hex(image).slice(0, 16)}`;
}

/**
 * The HOMEs of runs, `DIRECTORY/<run>.<name>`. They come and go with the run's workspace. Which there are is known without
 * looking: making and removing a directory waits for the journal of the file system, and each run does both.
 */
export class RunHomes {
  readonly #directory: string;
  readonly #remover: TreeRemover;
  readonly #names = new Map<string, Set<string>>();

  constructor(directory: string, remover: TreeRemover) {
    this.#directory = directory;
    this.#remover = remover;
  }

  /** Called once at the start. Removes HOMEs of runs without a workspace. */
  async open(hasWorkspace: (runId: string) => boolean): Promise<void> {
    await ownDirectory(this.#directory);
    for (const entry of await readdir(this.#directory)) {
      const [runId, name] = parts(entry);
      if (isUuid(runId) && name !== undefined && hasWorkspace(runId)) this.#note(runId, name);
      else await this.#remover.remove(join(this.#directory, entry));
    }
  }

  /** Made by the first step that asks. @param name  of those that share it, from `homeName` */
  async make(runId: string, name: string): Promise<string> {
    const path = this.#pathOf(runId, name);
    // An earlier step may have removed it.
    const isThere = this.#names.get(runId)?.has(name) && existsSync(path);
    this.#note(runId, name);
    if (!isThere) await mkdir(path, { recursive: true, mode: 0o700 });
    return path;
  }

  /** Gives the HOMEs to a run that goes on in the workspace of another one. */
  async move(from: string, to: string): Promise<void> {
    for (const name of this.#take(from)) {
      this.#note(to, name);
      await rename(this.#pathOf(from, name), this.#pathOf(to, name)).catch(() => {});
    }
  }

  /** Moves the HOMEs of these runs here from a former directory. @param bring  moves a directory */
  async takeOver(
    runIds: ReadonlySet<string>,
    former: string,
    bring: (from: string, to: string) => Promise<void>,
  ): Promise<void> {
    for (const entry of await readdir(former).catch(() => [])) {
      const [runId, name] = parts(entry);
      if (!runIds.has(runId) || name === undefined) continue;
      await bring(join(former, entry), this.#pathOf(runId, name));
      this.#note(runId, name);
    }
  }

  async bytesOf(runId: string): Promise<number> {
    let bytes = 0;
    for (const path of this.pathsOf(runId)) bytes += await diskUsageBytes(path);
    return bytes;
  }

  pathsOf(runId: string): readonly string[] {
    return [...(this.#names.get(runId) ?? [])].map((name) => this.#pathOf(runId, name));
  }

  /** What resists goes with the trash. Never throws. */
  async remove(runId: string): Promise<void> {
    for (const name of this.#take(runId)) {
      const path = this.#pathOf(runId, name);
      // Most steps leave nothing in it.
      await rmdir(path).catch(async (error: NodeJS.ErrnoException) => {
        if (error.code !== 'ENOENT') await this.#remover.remove(path);
      });
    }
  }

  #pathOf(runId: string, name: string): string {
    return join(this.#directory, `${runId}.${name}`);
  }

  #note(runId: string, name: string): void {
    const names = this.#names.get(runId);
    if (names) names.add(name);
    else this.#names.set(runId, new Set([name]));
  }

  #take(runId: string): Iterable<string> {
    const names = this.#names.get(runId) ?? [];
    this.#names.delete(runId);
    return names;
  }
}

/** The run and the name of an entry of the directory. */
function parts(entry: string): readonly [runId: string, name: string | undefined] {
  const at = entry.indexOf('.');
  return at < 0 ? [entry, undefined] : [entry.slice(0, at), entry.slice(at + 1)];
}
