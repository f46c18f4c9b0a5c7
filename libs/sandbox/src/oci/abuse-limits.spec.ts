import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, describe, expect, it } from 'vitest';
import { exitReason } from '../exit-reason.ts';
import { SandboxRig } from '../sandbox.contract.ts';
import type { SandboxExit, SandboxProbe } from '../sandbox.ts';
import { OciSandboxDriver } from './oci-driver.ts';

const mebibyte = 1024 * 1024;
const limits = { memoryBytes: 256 * mebibyte, pids: 64, cpuWeight: 50 };

/** Every place of a sandbox that is written to memory. */
const inMemory = ['/dev', '/dev/shm', '/run', '/tmp', '/var/tmp'];

const causeOf = (exit: SandboxExit) =>
  exitReason({ ...exit, wasCancelled: false, timedOut: false }).cause;

/** Probes where one controller of version 1 is not to be seen, in a mount namespace of its own. */
const owner = `(async () => {
  const { execFileSync } = require('node:child_process');
  const { file, stateDir, limits } = JSON.parse(process.argv[1]);
  execFileSync('umount', ['/sys/fs/cgroup/memory']);
  const driver = new (await import(file)).OciSandboxDriver(stateDir);
  const probe = await driver.probe({ binds: [], limits });
  process.stdout.write(JSON.stringify(probe), () => process.exit());
})()`;

describe('what a step in a container cannot use up', () => {
  const rig = new SandboxRig((dir) => new OciSandboxDriver(dir));
  afterAll(async () => {
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });
  const run = (script: string) => rig.run(script, { limits });

  it('is limited by what the kernel gives back', async () => {
    const { exit } = await run('exit 0');
    expect(exit.enforced).toEqual(['namespaces', 'seccomp', 'memory', 'pids', 'cpu']);
    expect(await rig.probe({ limits })).toMatchObject({ works: true, enforces: exit.enforced });
  });

  it('has no more processes than its limit, and nobody else has fewer', async () => {
    const bomb = await rig.prepare('bomb() { bomb | bomb & }; bomb; wait; exec sleep 1000', {
      limits,
    });
    await bomb.start(() => {});
    expect(
      (await run('i=0; while [ $i -lt 50 ]; do /bin/true; i=$((i+1)); done')).exit,
    ).toMatchObject({ exitCode: 0, pidsLimitHit: false });
    await bomb.kill();
    expect((await bomb.exited).pidsLimitHit).toBe(true);
    await bomb.destroy();
  });

  it('has no more threads, and is told so as the cause', async () => {
    const { exit } = await run(`python3 -c '
import threading, time
for _ in range(200): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()'`);
    expect(exit.pidsLimitHit).toBe(true);
    expect(causeOf(exit)).toBe('pids-limit');
  });

  it('fills every place that lies in memory, and has no room left', async () => {
    const { exit, stdout } = await run(
      `for dir in ${inMemory.join(' ')}; do head -c 1G /dev/zero > $dir/x 2>/dev/null || echo $dir; done
       du -cm ${inMemory.map((dir) => `${dir}/x`).join(' ')} | tail -1 | cut -f 1`,
    );
    const lines = stdout.trim().split('\n');
    expect(lines.slice(0, -1)).toEqual(inMemory);
    expect(Number(lines.at(-1))).toBeLessThan(256);
    expect(exit).toMatchObject({ exitCode: 0, oomKilled: false });
    // All of it was counted as the step's.
    expect(exit.memoryPeakBytes).toBeGreaterThan(190 * mebibyte);
    expect(exit.memoryPeakBytes).toBeLessThanOrEqual(limits.memoryBytes);
  });

  it('makes no files without end in memory', async () => {
    const { stdout } = await run(`perl -e '
      for my $dir (qw(/dev /dev/shm /run /tmp /var/tmp)) {
        my $made = 0;
        while ($made < 40000 && open(my $f, ">", "$dir/$made")) { $made++ }
        print $dir, $!{ENOSPC} ? " is full" : " takes $made and more", "\\n" }'`);
    expect(stdout.trim().split('\n')).toEqual(inMemory.map((dir) => `${dir} is full`));
  });

  const hoard =
    'head -c 200M /dev/zero > /tmp/x 2>/dev/null; head -c 200M /dev/zero > /dev/shm/x 2>/dev/null';
  it.each([
    ['memory of its own', `perl -e '$x = "a" x (512 * 1024 * 1024)'`],
    ['files in memory and memory of its own', `${hoard}; perl -e '$x = "a" x (160 * 1024 * 1024)'`],
    [
      'files in memory without a name',
      `python3 -c '
import os
f = os.memfd_create("x")
for _ in range(512): os.write(f, bytes(1 << 20))'`,
    ],
    [
      'shared memory',
      `python3 -c '
import mmap
m = mmap.mmap(-1, 512 << 20)
for i in range(512): m.write(bytes(1 << 20))'`,
    ],
  ])('ends for want of memory by %s', async (_, script) => {
    const { exit } = await run(script);
    expect(exit.oomKilled).toBe(true);
    expect(causeOf(exit)).toBe('oom');
    expect(exit.memoryPeakBytes).toBeLessThanOrEqual(limits.memoryBytes);
  });

  it('is not said to have wanted memory where it was only killed', async () => {
    expect(causeOf((await run('kill -KILL $$')).exit)).toBe('signal');
    expect(causeOf((await run('exit 137')).exit)).toBe('exit');
  });

  it('raises none of its limits, and takes no priority', async () => {
    const { stdout } = await run(`
      for limit in n c i q e r; do (ulimit -$limit unlimited) 2>/dev/null && echo $limit; done
      python3 -c '
import resource
for name in ("NOFILE", "CORE", "SIGPENDING", "MSGQUEUE", "NICE", "RTPRIO"):
    print(name, *resource.getrlimit(getattr(resource, "RLIMIT_" + name)))'`);
    expect(stdout.trim().split('\n')).toEqual([
      'NOFILE 4096 4096',
      'CORE 0 0',
      'SIGPENDING 4096 4096',
      'MSGQUEUE 409600 409600',
      'NICE 0 0',
      'RTPRIO 0 0',
    ]);
  });

  it('is held to what is left where a controller is missing, and that is said', async () => {
    const given = JSON.stringify({
      file: join(import.meta.dirname, 'oci-driver.ts'),
      stateDir: rig.stateDir,
      limits,
    });
    const node = [process.execPath, '--conditions=source', '--no-warnings', '-e', owner, given];
    const args = ['--mount', '--propagation', 'private', ...node];
    const { stdout } = await promisify(execFile)('unshare', args);
    const probe: SandboxProbe = JSON.parse(stdout);
    expect(probe).toMatchObject({ works: true, isolation: 'standard' });
    expect(probe.lacks).toContain('cgroups');
    expect(probe.enforces).toEqual(['namespaces', 'seccomp', 'pids', 'cpu']);
    expect(probe.notes.join()).toMatch(/not limited here, .*: memory$/);
  });
});
