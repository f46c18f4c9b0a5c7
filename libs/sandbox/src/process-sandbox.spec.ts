import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { executorDeathContract } from './executor-death.contract.ts';
import { ProcessSandboxDriver } from './process-sandbox.ts';
import { SandboxRig, sandboxContract } from './sandbox.contract.ts';

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
});
