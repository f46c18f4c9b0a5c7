import { expect, it } from 'vitest';
import {
  allPermissions,
  type ExecutorDto,
  type Permissions,
  remotePermissions,
} from '#libs/api-contract';
import { type RunCommand, runDecider } from '#libs/domain';
import { defaultTenant, type Source, streamName } from '#libs/events';
import { memoryApplication, runRequest } from '#libs/testkit';
import type { CommandPorts } from '../application.ts';

const origin = { tenant: defaultTenant, actor: 'user:admin' };
const executor = {
  labels: [],
  isolation: 'none',
  drivers: ['process'],
  status: 'online',
} as unknown as ExecutorDto;
const yaml = 'name: p\nsteps: [{ id: a, cmd: x, labels: [gpu] }, { id: b, cmd: x }]\n';

interface Earlier {
  readonly text?: string;
  /** It is there when the run starts, and gone when it is retried. */
  readonly source?: Source;
  readonly change?: Partial<CommandPorts['runs']>;
}

/** The first run of the local administrator has ended: `a` with success, the step after it without. */
async function retryAs(
  permissions: Permissions,
  { text = yaml, source = { kind: 'none' }, change = {} }: Earlier = {},
) {
  let isSourceThere = true;
  const { application, ports, numbers } = memoryApplication([executor], (usual: CommandPorts) => ({
    runs: { ...usual.runs, ...change },
    materials: { ...usual.materials, hasSnapshot: async () => isSourceThere },
  }));
  const started = await application.startRun.execute(
    { origin, permissions: allPermissions },
    runRequest({ yaml: text, source }),
  );
  isSourceThere = false;
  if (!started.ok) expect.fail(started.refusal.message);
  const { id } = started.value;
  const order = async (command: RunCommand) => {
    const answer = await ports.log.runner.run(runDecider, streamName('run', id), command, origin);
    return answer.ok ? answer.position : expect.fail(answer.rejection.message);
  };
  for (const [step, outcome] of [
    ['a', 'success'],
    ['b', 'failure'],
  ] as const) {
    const attempt = { step, attempt: 1, executor: id };
    const fence = await order({ kind: 'assign-step', ...attempt, leaseMs: 1 });
    await order({ kind: 'start-attempt', ...attempt, fence });
    const report = { outcome, cause: 'exit', exitCode: outcome === 'success' ? 0 : 1 } as const;
    await order({ kind: 'finish-attempt', ...attempt, fence, report, nowMs: 0, random: 0 });
  }
  const answer = await application.retryRun.execute({ origin, permissions }, { run: id });
  return { answer, numbers };
}

it('whoever retries a run may use the host only with the permission, whoever started it', async () => {
  const { answer, numbers } = await retryAs(remotePermissions);
  expect(answer).toMatchObject({ ok: false, refusal: { code: 'isolation.unavailable' } });
  expect(numbers()).toBe(1);
  const withNetwork = yaml.replace('id: b,', 'id: b, network: host,');
  expect((await retryAs(remotePermissions, { text: withNetwork })).answer).toMatchObject({
    ok: false,
    refusal: { code: 'network.not-allowed' },
  });
  expect((await retryAs(allPermissions, { text: withNetwork })).answer.ok).toBe(true);
});

it('a retry is checked in the order of a start: the source comes before the network', async () => {
  const text = yaml.replace('id: b,', 'id: b, network: host,');
  const source = { kind: 'snapshot', digest: `sha256:${'0'.repeat(64)}` } as const;
  const { answer } = await retryAs(remotePermissions, { text, source });
  expect(answer).toMatchObject({ ok: false, refusal: { code: 'source.not-found' } });
});

it('results are taken over only with the workspace that holds them', async () => {
  const { answer, numbers } = await retryAs(allPermissions, {
    change: { isWorkspaceKept: async () => false },
  });
  expect(answer).toMatchObject({ ok: false, refusal: { code: 'run.workspace-gone' } });
  expect(numbers()).toBe(1);
});

it('only the steps that run again need an executor', async () => {
  const { answer } = await retryAs(allPermissions);
  expect(answer).toMatchObject({ ok: true, value: { number: 2 } });
  expect(answer).not.toHaveProperty('value.warnings');
});
