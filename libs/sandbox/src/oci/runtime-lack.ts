import type { SandboxLack } from '../sandbox.ts';

/** runc and crun have no error codes, only sentences; the first that matches counts. */
const signs: readonly (readonly [words: RegExp, lack: SandboxLack])[] = [
  [/rootless|user namespace/, 'root'],
  [/cgroup/, 'cgroups'],
  [/permitted|permission denied|final child|clone|unshare/i, 'namespaces'],
];

/** @param words  the error of a runtime that could not make a container. @returns what it lacks, as far as the error tells */
export function lackIn(words: string): SandboxLack {
  return signs.find(([sign]) => sign.test(words))?.[1] ?? 'unknown';
}
