import { expect, it } from 'vitest';
import { lackIn } from './runtime-lack.ts';

it.each([
  ['runc run failed: rootless container requires user namespaces', 'root'],
  ['unable to apply cgroup configuration: mkdir /sys/fs/cgroup/x: no such file', 'cgroups'],
  ["unable to start container process: can't get final child's PID from pipe: EOF", 'namespaces'],
  ['fork/exec /proc/self/exe: operation not permitted', 'namespaces'],
  ['the runtime ended', 'unknown'],
])('%s: %s', (words, lack) => expect(lackIn(words)).toBe(lack));
