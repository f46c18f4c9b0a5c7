import { readFile, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { ownDirectory } from './remove-tree.ts';
import { exists } from './workspace-entries.ts';
import type { KeptWorkspace } from './workspace-retention.ts';

/** The marks of workspaces that are kept because their run failed: a file per run, beside the workspaces. */
export class KeptMarks {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  /** Called once at the start. */
  async open(): Promise<void> {
    await ownDirectory(this.#directory);
  }

  has(runId: string): boolean {
    return exists(this.#pathOf(runId));
  }

  async write(runId: string, kept: KeptWorkspace): Promise<void> {
    await ownDirectory(this.#directory);
    await writeFile(this.#pathOf(runId), JSON.stringify(kept));
  }

  /** Undefined if there is none, or if a crash cut it short: the workspace then ages by its last use. */
  async read(runId: string): Promise<KeptWorkspace | undefined> {
    const text = await readFile(this.#pathOf(runId), 'utf8').catch(() => '');
    try {
      const { endedAtMs, bytes } = JSON.parse(text) as { endedAtMs?: unknown; bytes?: unknown };
      return typeof endedAtMs === 'number' && typeof bytes === 'number'
        ? { endedAtMs, bytes }
        : undefined;
    } catch {
      return undefined;
    }
  }

  /** Never throws. */
  async remove(runId: string): Promise<void> {
    await unlink(this.#pathOf(runId)).catch(() => {});
  }

  #pathOf(runId: string): string {
    return join(this.#directory, runId);
  }
}
