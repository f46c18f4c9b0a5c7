import { randomUUID } from 'node:crypto';
import type { CommandBus } from '@nestjs/cqrs';
import { describe, expect, it } from 'vitest';
import { type ExecutorDto, operations } from '#libs/api-contract';
import { MemoryEventStore } from '#libs/event-store';
import type { Isolation } from '#libs/events';
import { type Clock, Fault, type Timers } from '#libs/kernel';
import { logProcess } from '#libs/testkit';
import type { ApiParts } from '../api.parts.ts';
import type { Call } from '../http/route.ts';
import { PipelinesController } from '../pipelines/pipelines.ts';
import { CancelRun, CancelRunHandler } from './cancel-run.ts';
import { RetryRun, RetryRunHandler } from './retry-run.ts';
import { RunHistories } from './run-histories.ts';
import { compileOrRefuse, StartRun, StartRunController, StartRunHandler } from './start-run.ts';

const clock: Clock & Timers = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
  after: () => () => {},
};
const origin = { tenant: 'default', actor: 'user:admin' };
const reply = { header: () => {} };
const yaml = 'name: p\nsteps: [{ id: a, cmd: x, labels: [gpu] }]\n';

const executor = (isolation: Isolation, more: Partial<ExecutorDto> = {}) =>
  ({ labels: [], isolation, drivers: ['process'], status: 'online', ...more }) as ExecutorDto;

/** An API over a log in memory, whose read models are away once the run of that number was accepted. */
function openApi(executors: readonly ExecutorDto[], awayFrom = Number.POSITIVE_INFINITY) {
  const store = new MemoryEventStore(clock, { incarnation: randomUUID() });
  const log = logProcess(store, clock);
  let number = 0;
  const parts = {
    ...log,
    histories: new RunHistories(store, () => 0),
    clock,
    config: { diskFreeMin: 0, queuedStepsMax: 10 },
    ids: { uuid: randomUUID },
    isDraining: () => false,
    freeBytes: async () => 1,
    nextRunNumber: async () => ++number,
    isWorkspaceKept: async () => true,
    findPlan: async (hash: string) => (await log.plans.load([hash]))(hash),
    read: {
      isReady: () => true,
      queuedSteps: async () => 0,
      presentExecutors: async () => {
        if (number >= awayFrom)
          throw new Fault('read-models.not-ready', 'backoff', 'they are built');
        return executors;
      },
    },
  } as unknown as ApiParts;
  const commands = {
    execute: (command: StartRun) => new StartRunHandler(parts).execute(command),
  } as unknown as CommandBus;
  const callOf = <Of>(body: object, isLocal: boolean) =>
    ({ body, origin, principal: { ...origin, isLocal }, reply }) as unknown as Of;
  return {
    parts,
    start: (body: object = {}, isLocal = true) => {
      const all = { yaml, inputs: {}, source: { kind: 'none' }, ...body };
      const call = callOf<Call<typeof operations.startRun>>(all, isLocal);
      return new StartRunController(commands, parts).start(call);
    },
    /** Of a run that waits: it is cancelled first. */
    retry: async (id: string) => {
      await new CancelRunHandler(parts).execute(new CancelRun(id, { force: true }, origin));
      const bounds = { isolationMin: 'none', networkMax: 'host', networkDefault: 'host' } as const;
      return new RetryRunHandler(parts).execute(new RetryRun(id, undefined, origin, bounds));
    },
    validate: (text: string, isLocal: boolean) =>
      new PipelinesController(commands, parts).validate(
        callOf<Call<typeof operations.validatePipeline>>({ yaml: text }, isLocal),
      ),
  };
}

describe('a run that was accepted', () => {
  const warnings = [{ steps: ['a'], message: 'no executor has the label "gpu"' }];

  it('is answered, with its warnings, though the read models are away behind it', async () => {
    const api = openApi([executor('none')], 1);
    expect(await api.start()).toMatchObject({ number: 1, warnings });
  });

  it('is answered as a retry, too', async () => {
    const api = openApi([executor('none')], 2);
    const { id } = await api.start();
    expect(await api.retry(id)).toMatchObject({ number: 2, warnings });
  });

  it('by an address that is refused today is not repeated, nor is the address said', async () => {
    const api = openApi([executor('none')]);
    const url = 'https://robot:pa55@example.org/a.git';
    const source = { kind: 'git', url, commit: '0'.repeat(40) } as const;
    const rest = { inputs: {}, isolation: 'none', network: 'none', trigger: {} } as const;
    const start = new StartRun({ plan: compileOrRefuse(yaml), source, ...rest }, origin);
    const { id } = await new StartRunHandler(api.parts).execute(start);
    await expect(api.retry(id)).rejects.toMatchObject({
      code: 'source.invalid',
      message: expect.not.stringContaining('pa55'),
    });
  });
});

describe('isolation', () => {
  const plain = 'name: p\nsteps: [{ id: a, cmd: x }]\n';

  it.each([
    [
      'that the step asks for',
      { isolation: 'standard' },
      true,
      /^step a: no executor gives isolation: standard \(they give none\)$/,
    ],
    ['that the server asks for', {}, false, /isolation_min .*MILLRACE_ISOLATION_MIN=none/],
  ])('%s and nobody gives is refused', async (_, body, isLocal, detail) => {
    const api = openApi([executor('none')]);
    await expect(api.start({ yaml: plain, ...body }, isLocal)).rejects.toMatchObject({
      code: 'isolation.unavailable',
      message: expect.stringMatching(detail),
    });
  });

  it('is that of executors with the labels which take steps', async () => {
    const draining = executor('strict', { status: 'draining' });
    const other = executor('standard');
    const api = openApi([draining, other, executor('none', { labels: ['gpu'] })]);
    await expect(api.start({ isolation: 'standard' })).rejects.toMatchObject({
      code: 'isolation.unavailable',
    });
    await expect(api.start({ yaml: plain, isolation: 'strict' })).rejects.toMatchObject({
      code: 'isolation.unavailable',
    });
    expect(await api.start({ yaml: plain, isolation: 'standard' })).not.toHaveProperty('warnings');
  });

  it('of a checked file is that which its caller would get', async () => {
    const api = openApi([executor('none')]);
    const codes = async (isLocal: boolean) =>
      (await api.validate(plain, isLocal)).diagnostics.map(({ code }) => code);
    expect(await codes(true)).not.toContain('lint.no-executor');
    expect(await codes(false)).toContain('lint.no-executor');
  });
});
