import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executorDeathContract } from '../executor-death.contract.ts';
import { SandboxRig, sandboxContract } from '../sandbox.contract.ts';
import { Spawner } from '../spawner.ts';
import { OciSandboxDriver } from './oci-driver.ts';

const open = (stateDir: string) => new OciSandboxDriver(stateDir);

sandboxContract('the oci driver', open);
executorDeathContract(
  { file: join(import.meta.dirname, 'oci-driver.ts'), className: 'OciSandboxDriver' },
  open,
);

describe('the oci driver', () => {
  it('works here: without a runtime these tests prove nothing', async () => {
    const rig = new SandboxRig(open);
    const probe = await rig.probe();
    expect(probe).toMatchObject({ works: true, isolation: 'standard' });
    expect(probe.enforces).toEqual(expect.arrayContaining(['namespaces', 'seccomp']));
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });

  it('needs what starts the runtime no longer than until a container is made', async () => {
    const spawner = new Spawner();
    const rig = new SandboxRig((dir) => new OciSandboxDriver(dir, { spawner }));
    const sandbox = await rig.prepare('sleep 0.3; exit 6');
    await sandbox.start(() => {});
    process.kill(spawner.pid ?? 0, 'SIGKILL');
    expect(await sandbox.exited).toMatchObject({ exitCode: 6 });
    expect((await rig.run('exit 7')).exit).toMatchObject({ exitCode: 7 });
    await rig.close();
  });

  it('says why it does not work', async () => {
    const missing = new SandboxRig((dir) => new OciSandboxDriver(dir, { runtime: '/no/runc' }));
    expect(await missing.probe()).toMatchObject({
      works: false,
      isolation: 'none',
      lacks: ['runtime'],
    });
    await missing.close();
    const broken = new SandboxRig((dir) => new OciSandboxDriver(dir, { runtime: '/bin/false' }));
    const probe = await broken.probe();
    expect(probe.works).toBe(false);
    expect(probe.notes.join()).not.toBe('');
    await broken.close();
  });

  it('knows memory limits by the kernel’s own count of kills', async () => {
    const rig = new SandboxRig(open);
    const limits = { memoryBytes: 64 * 1024 * 1024 };
    const { exit } = await rig.run(`perl -e '$x = "a" x (256 * 1024 * 1024)'`, { limits });
    expect(exit).toMatchObject({ oomKilled: true, pidsLimitHit: false });
    expect(exit.enforced).toContain('memory');
    expect(exit.memoryPeakBytes).toBeLessThanOrEqual(limits.memoryBytes);
    expect((await rig.run('kill -KILL $$', { limits })).exit.oomKilled).toBe(false);
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });

  it('knows a pids limit, and clears a fork bomb away', async () => {
    const rig = new SandboxRig(open);
    const { exit } = await rig.run('bomb() { bomb | bomb & }; bomb; sleep 0.2; exit 5', {
      limits: { pids: 32 },
    });
    expect(exit.pidsLimitHit).toBe(true);
    expect(exit.enforced).toContain('pids');
    expect(rig.leftovers()).toEqual([]);
    await rig.close();
  });

  it('counts what a step used', async () => {
    const rig = new SandboxRig(open);
    const { exit } = await rig.run('i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done');
    expect(exit.cpuUserMs).toBeGreaterThan(0);
    expect(exit.memoryPeakBytes).toBeGreaterThan(0);
    await rig.close();
  });
});
