import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { executorDeathContract } from './executor-death.contract.ts';
import { ProcessSandboxDriver } from './process-sandbox.ts';
import { OutputText, SandboxRig, sandboxContract } from './sandbox.contract.ts';
import { Spawner, SpawnerLost } from './spawner.ts';

const open = (stateDir: string) => new ProcessSandboxDriver(stateDir);

sandboxContract('the process driver', open);
executorDeathContract(
  { file: join(import.meta.dirname, 'process-sandbox.ts'), className: 'ProcessSandboxDriver' },
  open,
);

describe('the process driver', () => {
  it('works everywhere and says that there is no isolation', async () => {
    const rig = new SandboxRig(open);
    expect(await rig.probe()).toMatchObject({
      works: true,
      isolation: 'none',
      enforces: [],
    });
    expect((await rig.probe()).notes.join()).toMatch(/no isolation/);
    await expect(rig.prepare('', { isolation: 'standard' })).rejects.toMatchObject({
      code: 'isolation.unavailable',
    });
    await rig.close();
  });

  describe('without the process that starts the steps', () => {
    const unseen = { exitCode: null, signal: null, isUnseen: true };
    let spawner: Spawner;
    let rig: SandboxRig;
    beforeEach(() => {
      spawner = new Spawner();
      rig = new SandboxRig((stateDir) => new ProcessSandboxDriver(stateDir, { spawner }));
    });
    afterEach(() => rig.close());

    it('ends every step as one whose end was not seen, with all that it started', async () => {
      const loop = '(setsid sleep 1000 &); echo up; sleep 1000';
      const killing = await rig.prepare('sleep 0.2; kill -9 $PPID; sleep 1000');
      const others = [await rig.prepare(loop), await rig.prepare(loop)];
      const text = new OutputText();
      for (const each of [...others, killing]) await each.start(text.sink);
      for (const each of [...others, killing]) expect(await each.exited).toMatchObject(unseen);
      expect(rig.processes()).toEqual([]);
      expect(text.stdout).toBe('up\nup\n');
      expect((await rig.run('exit 3')).exit).toMatchObject({ exitCode: 3 });
    });

    it('neither fails nor forgets a step of which it is not known whether it started', async () => {
      const start = spawner.start.bind(spawner);
      const step = await rig.prepare('echo ran; sleep 1000');
      spawner.start = async (order) => {
        if (order.file === 'mkfifo') return start(order);
        await start(order);
        throw new SpawnerLost();
      };
      const text = new OutputText();
      await step.start(text.sink);
      expect(await step.exited).toMatchObject(unseen);
      expect(text.stdout).toBe('ran\n');
      await step.destroy();
      expect(rig.leftovers()).toEqual([]);
    });
  });
});
