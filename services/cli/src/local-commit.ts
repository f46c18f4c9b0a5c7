import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { shellWord } from '#libs/kernel';
import { nearestRepository } from '#libs/sources';

/** The repository on this machine that an address names, or that the working directory lies in if there is no address. */
export function localRepository(url: string | undefined): string | undefined {
  if (url === undefined) return nearestRepository('.');
  try {
    const path = url.startsWith('file://') ? fileURLToPath(url) : url;
    // A bare one has no `.git`.
    return statSync(path).isDirectory() ? (nearestRepository(path) ?? resolve(path)) : undefined;
  } catch {
    return undefined;
  }
}

/**
 * The command that runs a commit of a repository on this machine, for a shell: a working tree is what is sent, so the commit
 * gets one, beside the repository.
 *
 * @param run  the command to run there, valid in every directory
 */
export function commitCommand(repository: string, commit: string, run: string): string {
  const tree = shellWord(`${repository}-${commit.replace(/[^\w.-]+/g, '-')}`);
  const at = `git -C ${shellWord(repository)}`;
  return `${at} worktree add --detach ${tree} ${shellWord(commit)} && cd ${tree} && ${run}`;
}
