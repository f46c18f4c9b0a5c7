import { execFile } from 'node:child_process';
import { mkdir, readdir, rename, stat, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Assignment } from '#libs/api-contract';
import { type Clock, Fault, isUuid } from '#libs/kernel';
import type { SourceProvider } from '#libs/sources';
import { TreeRemover } from './remove-tree.ts';

export interface WorkspacesParts {
  /** Ours alone. */
  readonly directory: string;
  readonly sources: SourceProvider;
  readonly clock: Clock;
  readonly keepMs: number;
  readonly bytesMax: number;
}

interface Shared {
  readonly ready: Promise<string>;
  users: number;
  /** Set when the run has ended while steps still used it. */
  end: { readonly keep: boolean } | undefined;
}

/**
 * One workspace per run, shared by its steps, filled from the run's source once. It goes with the run's success, and stays for
 * a while after a failure, for a retry that continues in it.
 */
export class Workspaces {
  readonly #parts: WorkspacesParts;
  readonly #shared = new Map<string, Shared>();
  readonly #remover: TreeRemover;

  constructor(parts: WorkspacesParts) {
    this.#parts = parts;
    this.#remover = new TreeRemover(join(parts.directory, '.trash'));
  }

  /** Called once before the first `enter`. */
  async open(): Promise<void> {
    await mkdir(join(this.#parts.directory, '.kept'), { recursive: true, mode: 0o700 });
    await this.#remover.empty();
    for (const name of await readdir(this.#parts.directory)) {
      // Half of a source that was being fetched when the process died.
      if (name.startsWith('.') && name !== '.trash' && name !== '.kept')
        await this.#remover.remove(join(this.#parts.directory, name));
    }
  }

  /**
   * The run's workspace, made if it is not there. Each `enter` needs a `leave`, also where it threw.
   *
   * @throws Fault of the source; `run.workspace-gone` where the workspace that a retry continues is gone
   */
  async enter(assignment: Assignment, abort: AbortSignal): Promise<string> {
    const { runId } = assignment;
    const shared = this.#shared.get(runId) ?? {
      ready: this.#prepare(assignment, abort),
      users: 0,
      end: undefined,
    };
    this.#shared.set(runId, shared);
    shared.users += 1;
    return shared.ready;
  }

  async leave(runId: string): Promise<void> {
    const shared = this.#shared.get(runId);
    if (!shared) return;
    shared.users -= 1;
    if (shared.users > 0) return;
    this.#shared.delete(runId);
    if (shared.end) await this.#finish(runId, shared.end.keep);
  }

  /** The run has ended. What its last step still uses goes when it leaves. */
  async end(runId: string, keep: boolean): Promise<void> {
    const shared = this.#shared.get(runId);
    if (shared) shared.end = { keep };
    else await this.#finish(runId, keep);
  }

  /** Removes kept workspaces that are too old or, the oldest first, too many bytes; and those of runs nobody speaks of any more. */
  async sweep(): Promise<void> {
    const { directory, clock, keepMs, bytesMax } = this.#parts;
    const found: { readonly runId: string; readonly sinceMs: number }[] = [];
    for (const runId of (await readdir(directory)).filter(isUuid)) {
      if (this.#shared.has(runId)) continue;
      const since =
        (await stat(join(directory, '.kept', runId)).catch(() => undefined)) ??
        (await stat(join(directory, runId)));
      found.push({ runId, sinceMs: since.mtimeMs });
    }
    found.sort((a, b) => b.sinceMs - a.sinceMs);
    let bytes = 0;
    for (const { runId, sinceMs } of found) {
      bytes += await bytesOf(join(directory, runId));
      if (clock.nowMs() - sinceMs > keepMs || bytes > bytesMax) await this.#remove(runId);
    }
  }

  async #prepare({ runId, workspaceOf, source }: Assignment, abort: AbortSignal): Promise<string> {
    const path = join(this.#parts.directory, runId);
    if (await exists(path)) return path;
    if (workspaceOf === runId) {
      await this.#parts.sources.materialise(source, path, { abort });
      return path;
    }
    try {
      await rename(join(this.#parts.directory, workspaceOf), path);
    } catch (cause) {
      throw new Fault(
        'run.workspace-gone',
        'never',
        `the workspace of run ${workspaceOf} is not on this executor any more`,
        { cause },
      );
    }
    await unlink(join(this.#parts.directory, '.kept', workspaceOf)).catch(() => {});
    return path;
  }

  async #finish(runId: string, keep: boolean): Promise<void> {
    if (!isUuid(runId) || !(await exists(join(this.#parts.directory, runId)))) return;
    if (keep) await writeFile(join(this.#parts.directory, '.kept', runId), '');
    else await this.#remove(runId);
  }

  async #remove(runId: string): Promise<void> {
    await this.#remover.remove(join(this.#parts.directory, runId));
    await unlink(join(this.#parts.directory, '.kept', runId)).catch(() => {});
  }
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}

async function bytesOf(path: string): Promise<number> {
  const { stdout } = await promisify(execFile)('du', ['-sk', '--', path]).catch(() => ({
    stdout: '0',
  }));
  return Number.parseInt(stdout, 10) * 1024;
}
