import { expect, it } from 'vitest';
import { sandboxCure } from './sandbox-cures.ts';

it.each([
  ['neither runc nor crun is installed', /apt-get install runc/],
  ['runc run failed: rootless container requires user namespaces', /runs as root/],
  ['unable to apply cgroup configuration: mkdir /sys/fs/cgroup/x: no such file', /cgroups/],
  ['not limited here, for want of a cgroup controller: memory', /cgroups/],
  ["unable to start container process: can't get final child's PID from pipe: EOF", /--privileged/],
  ['fork/exec /proc/self/exe: operation not permitted', /--privileged/],
  ['the runtime makes only the topmost mount read-only (it knows no rro)', /update it/],
  ['the runtime ended', /runc or crun/],
])('%s has a cure', (note, cure) => expect(sandboxCure([note], false)).toMatch(cure));

it('names one cure once, and none where nothing is to be mended', () => {
  const note = 'a cgroup is missing';
  expect(sandboxCure([note, `${note} again`], false)).toBe(sandboxCure([note], true));
  expect(sandboxCure(['runc version 1.4.0'], true)).toBeUndefined();
});
