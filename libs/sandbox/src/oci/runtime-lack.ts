import type { SandboxLack } from '../sandbox.ts';

/** runc and crun have no codes, only sentences; the first that fits counts. */
const signs: readonly (readonly [words: RegExp, lack: SandboxLack])[] = [
  [/rootless|user namespace/, 'root'],
  [/cgroup/, 'cgroups'],
  [/permitted|permission denied|final child|clone|unshare/i, 'namespaces'],
];

/** @param words  with which a runtime refused to make a container. @returns what it lacks, as far as the words tell */
export function lackIn(words: string): SandboxLack {
  return signs.find(([sign]) => sign.test(words))?.[1] ?? 'unknown';
}
