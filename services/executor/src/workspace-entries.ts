import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { isUuid } from '#libs/kernel';

/** A workspace that goes over from the run that had it to a retry, with all that lies beside it. */
export interface Passing {
  readonly from: string;
  readonly to: string;
}

/** Its name meanwhile, so that the next start knows what was under way when the process was killed. */
export function passingName({ from, to }: Passing): string {
  return `${from}.${to}`;
}

/** @returns the run whose workspace an entry of the directory is; both runs of one that passes; none if it is no workspace */
export function runsOf(entry: string): readonly string[] {
  const runIds = entry.split('.');
  return runIds.length <= 2 && runIds.every(isUuid) ? runIds : [];
}

/** Whether the run's workspace is in one of the directories: a retry may go on in it. */
export function hasWorkspace(directories: readonly string[], runId: string): boolean {
  return isUuid(runId) && directories.some((directory) => exists(join(directory, runId)));
}

/** Without the thread pool, whose detour costs several times the call: each run comes by here. */
export function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
