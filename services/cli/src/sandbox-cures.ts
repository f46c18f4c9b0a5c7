/** What helps where a driver does not do all that it could, by the words of its note; the first that fits. */
const cures: readonly (readonly [note: RegExp, cure: string])[] = [
  [
    /neither runc nor crun/,
    'install one: `apt-get install runc`, `dnf install runc`, or the like of this system',
  ],
  [
    /rootless|user namespace/,
    'isolated steps need a Millrace that runs as root; for this user there is the process driver',
  ],
  [
    /cgroup/,
    'give it cgroups that it may write to: as root on the machine itself, or in a container with /sys/fs/cgroup writable',
  ],
  [/knows no rro/, 'update it: runc from 1.1 and crun from 1.4 on know it'],
  [/older than/, 'update it, or see whether the distribution has mended the one that it has'],
  [
    /permitted|permission denied|final child|clone|unshare/i,
    'let it make namespaces: as root on the machine itself, or in a container that is started with --privileged',
  ],
];

/** @param notes  of a driver that was tried. @returns one sentence; undefined where there is nothing to mend */
export function sandboxCure(notes: readonly string[], works: boolean): string | undefined {
  const found = notes.flatMap((note) => cures.find(([words]) => words.test(note))?.[1] ?? []);
  if (found.length > 0) return [...new Set(found)].join('; ');
  return works
    ? undefined
    : 'the words are those of runc or crun: install it anew, or another release';
}
