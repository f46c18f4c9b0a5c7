import { execFile } from 'node:child_process';
import { lstat, readdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { unmountBelow } from './left-mounts.ts';
import { type LeftTree, removeWithTrash, type TreeRemover } from './remove-tree.ts';
import type { RunHomes } from './run-homes.ts';
import { exists, runsOf } from './workspace-entries.ts';
import { WorkspaceFacts } from './workspace-facts.ts';

export interface WorkspacesNow {
  readonly directory: string;
  readonly homes: RunHomes;
  readonly facts: WorkspaceFacts;
  readonly remover: TreeRemover;
  readonly onLeft: (left: LeftTree) => void;
}

/**
 * Moves the workspaces of a former directory here, each after everything that belongs to it: if the process is killed meanwhile,
 * the next start still finds the workspace and moves the rest. Then the former directory is removed.
 */
export async function bringFormer(former: string, now: WorkspacesNow): Promise<void> {
  // What a link leads to is not ours to empty.
  if (!(await lstat(former).catch(() => undefined))?.isDirectory()) return;
  const found = await readdir(former).catch(() => [] as string[]);
  const names = found.filter(
    (name) => runsOf(name).length > 0 && !exists(join(now.directory, name)),
  );
  const bring = (from: string, to: string) => bringTree(from, to, now);
  await now.homes.takeOver(new Set(names.flatMap(runsOf)), join(former, '.homes'), bring);
  for (const name of names) {
    for (const runId of runsOf(name)) {
      const kept = await readFile(join(former, '.kept', runId), 'utf8').catch(() => undefined);
      if (kept !== undefined) await writeFile(join(now.directory, '.kept', runId), kept);
      const commit = await new WorkspaceFacts(join(former, '.facts')).read(runId);
      if (commit !== undefined) await now.facts.write(runId, commit);
    }
    await bring(join(former, name), join(now.directory, name));
  }
  await removeWithTrash(former, now.onLeft);
}

/** A tree that cannot be moved stays where it is, and is removed there. */
async function bringTree(from: string, to: string, now: WorkspacesNow): Promise<void> {
  await unmountBelow(from);
  try {
    await rename(from, to);
  } catch {
    if (!exists(from)) return;
    const draft = join(now.directory, `.${basename(to)}`);
    const isCopied = await copyTree(from, draft);
    if (isCopied) await rename(draft, to).catch(() => {});
    await now.remover.remove(draft);
  }
}

/** To another file system: links as links, nothing is followed. @returns whether all of it is there */
function copyTree(from: string, to: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('cp', ['-a', '--', from, to], (error) => resolve(error === null));
  });
}
