import type { SandboxLack } from '#libs/sandbox';

const cures: Readonly<Record<SandboxLack, string>> = {
  runtime: 'install one: `apt-get install runc`, `dnf install runc`, or the like of this system',
  root: 'isolated steps need a Millrace that runs as root; for this user there is the process driver',
  cgroups:
    'give it cgroups that it may write to: as root on the machine itself, or in a container with /sys/fs/cgroup writable',
  'read-only-mounts': 'update it: runc from 1.1 and crun from 1.4 on know it',
  'safe-release': 'update it, or see whether the distribution has mended the one that it has',
  namespaces:
    'let it make namespaces: as root on the machine itself, or in a container that is started with --privileged',
  unknown: 'the words are those of runc or crun: install it anew, or another release',
};

/** @param lacks  of a driver that was tried. @returns one sentence; undefined if there is nothing to mend */
export function sandboxCure(lacks: readonly SandboxLack[]): string | undefined {
  const found = lacks.map((lack) => cures[lack]);
  return found.length > 0 ? [...new Set(found)].join('; ') : undefined;
}
