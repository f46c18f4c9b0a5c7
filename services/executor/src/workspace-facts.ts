import { readdir, readFile, rename, unlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isUuid } from '#libs/kernel';
import type { CommitFacts } from '#libs/sources';
import { ownDirectory } from './remove-tree.ts';

const names = ['commit', 'ref', 'branch', 'tag', 'repository', 'author', 'message'] as const;
const textMax = 16_384;

/**
 * What is known about the commit of each workspace, in files beside them: written before the first step sees the
 * workspace, since no git of ours may read it there afterwards. Runs without a repository have none.
 */
export class WorkspaceFacts {
  readonly #directory: string;

  constructor(directory: string) {
    this.#directory = directory;
  }

  async write(runId: string, facts: CommitFacts): Promise<void> {
    await ownDirectory(this.#directory);
    await writeFile(join(this.#directory, runId), JSON.stringify(facts), { mode: 0o600 });
  }

  /** Undefined if there are none, or none that can be read. */
  async read(runId: string): Promise<CommitFacts | undefined> {
    const text = await readFile(join(this.#directory, runId), 'utf8').catch(() => '');
    try {
      const found = JSON.parse(text) as Record<string, unknown>;
      const facts = names.map((name) => [name, found[name]] as const);
      const isWhole = facts.every(
        ([, value]) =>
          typeof value === 'string' && value.length <= textMax && !value.includes('\0'),
      );
      return isWhole ? (Object.fromEntries(facts) as unknown as CommitFacts) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Called at the start. Runs that left an empty workspace left their facts. */
  async open(isWanted: (runId: string) => boolean): Promise<void> {
    await ownDirectory(this.#directory);
    for (const runId of (await readdir(this.#directory)).filter(isUuid))
      if (!isWanted(runId)) await this.remove(runId);
  }

  /** Called if a workspace goes on under another run. */
  async move(from: string, to: string): Promise<void> {
    await rename(join(this.#directory, from), join(this.#directory, to)).catch(() => {});
  }

  async remove(runId: string): Promise<void> {
    await unlink(join(this.#directory, runId)).catch(() => {});
  }
}
