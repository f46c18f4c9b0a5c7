import { describe, expect, it } from 'vitest';
import { allPermissions, type ExecutorDto, remotePermissions } from '#libs/api-contract';
import { runDecider } from '#libs/domain';
import { defaultTenant, type Isolation, planHash, streamName } from '#libs/events';
import { Fault } from '#libs/kernel';
import { memoryApplication, runRequest } from '#libs/testkit';
import { compilePlan } from '../pipelines/compile-plan.ts';
import { ValidatePipeline } from '../pipelines/validate-pipeline.ts';
import type { StartRunRequest } from './start-run-request.ts';

const origin = { tenant: defaultTenant, actor: 'user:admin' };
const yaml = 'name: p\nsteps: [{ id: a, cmd: x, labels: [gpu] }]\n';

const executor = (isolation: Isolation, more: Partial<ExecutorDto> = {}) =>
  ({ labels: [], isolation, drivers: ['process'], status: 'online', ...more }) as ExecutorDto;

/** Use cases whose read models are away once the run of that number was accepted. */
function openApplication(executors: readonly ExecutorDto[], awayFrom = Number.POSITIVE_INFINITY) {
  const opened = memoryApplication(executors, ({ capacity }) => ({
    capacity: {
      ...capacity,
      presentExecutors: async () => {
        if (opened.numbers() >= awayFrom)
          throw new Fault('read-models.not-ready', 'backoff', 'they are built');
        return executors;
      },
    },
  }));
  const { application } = opened;
  return {
    ...opened,
    start: (asked: Partial<StartRunRequest & { yaml: string }> = {}, mayUseHost = true) =>
      application.startRun.execute(
        { origin, permissions: mayUseHost ? allPermissions : remotePermissions },
        runRequest({ yaml, ...asked }),
      ),
    /** Of a run that waits: it is cancelled first. */
    retry: async (run: string) => {
      await application.cancelRun.execute(
        { origin, permissions: allPermissions },
        { run, force: true },
      );
      return application.retryRun.execute({ origin, permissions: allPermissions }, { run });
    },
  };
}

const idOf = (answer: Awaited<ReturnType<ReturnType<typeof openApplication>['start']>>) =>
  answer.ok ? answer.value.id : expect.fail(answer.refusal.message);

describe('a run that was accepted', () => {
  const warnings = [{ steps: ['a'], message: 'no executor has the label "gpu"' }];

  it('is answered, with its warnings, though the read models are away behind it', async () => {
    const { start } = openApplication([executor('none')], 1);
    expect(await start()).toMatchObject({ ok: true, value: { number: 1, warnings } });
  });

  it('is answered as a retry, too', async () => {
    const { start, retry } = openApplication([executor('none')], 2);
    const answer = await retry(idOf(await start()));
    expect(answer).toMatchObject({ ok: true, value: { number: 2, warnings } });
  });

  it('by an address that is refused today is not repeated, nor is the address said', async () => {
    const { ports, retry } = openApplication([executor('none')]);
    const compiled = compilePlan(yaml);
    if (!compiled.ok) expect.fail(compiled.refusal.message);
    const { plan } = compiled.value;
    const hash = planHash(plan);
    const runId = ports.log.newId();
    const url = 'https://robot:pa55@example.org/a.git';
    await ports.log.runner.run(
      runDecider,
      streamName('run', runId),
      {
        kind: 'start-run',
        runId,
        runNumber: 1,
        pipelineId: ports.log.newId(),
        pipeline: 'p',
        plan,
        planHash: hash,
        trigger: { kind: 'api', actor: origin.actor },
        inputs: {},
        source: { kind: 'git', url, commit: '0'.repeat(40) },
        isolation: 'none',
        network: 'none',
        reusedSteps: [],
      },
      origin,
      { plans: [{ hash, plan }] },
    );
    expect(await retry(runId)).toEqual({
      ok: false,
      refusal: expect.objectContaining({
        code: 'source.invalid',
        message: expect.not.stringContaining('pa55'),
      }),
    });
  });
});

it('a repeated retry of the latest run names the run that was the latest then', async () => {
  const executors = [executor('none')];
  let latest = '';
  const { application } = memoryApplication(executors, ({ runs }) => ({
    runs: { ...runs, findId: async (_, ref) => (ref === 'latest' ? latest : ref) },
  }));
  const request = runRequest({ yaml });
  const first = idOf(
    await application.startRun.execute({ origin, permissions: allPermissions }, request),
  );
  latest = first;
  await application.cancelRun.execute(
    { origin, permissions: allPermissions },
    { run: first, force: true },
  );
  const caller = {
    origin: { ...origin, commandId: '018f4e6a-0000-7000-8000-000000000001' },
    permissions: allPermissions,
  };
  const retry = await application.retryRun.execute(caller, { run: 'latest' });
  expect(retry).toMatchObject({ ok: true, value: { number: 2, retryOf: first } });
  latest = retry.ok ? retry.value.id : '';
  expect(await application.retryRun.execute(caller, { run: 'latest' })).toMatchObject({
    ok: true,
    value: { id: latest, retryOf: first },
  });
});

describe('isolation', () => {
  const plain = 'name: p\nsteps: [{ id: a, cmd: x }]\n';

  it.each([
    [
      'that the step asks for',
      { isolation: 'standard' as const },
      true,
      /^step a: no executor gives isolation: standard \(they give none\)$/,
    ],
    [
      'that the server asks for',
      {},
      false,
      /isolation_min .*MILLRACE_ISOLATION_MIN=none\).* "millrace run" without --server, [^`]*$/,
    ],
  ])('%s and nobody gives is refused', async (_, body, mayUseHost, detail) => {
    const { start } = openApplication([executor('none')]);
    expect(await start({ yaml: plain, ...body }, mayUseHost)).toMatchObject({
      refusal: { code: 'isolation.unavailable', message: expect.stringMatching(detail) },
    });
  });

  it('is that of executors with the labels which take steps', async () => {
    const draining = executor('strict', { status: 'draining' });
    const other = executor('standard');
    const { start } = openApplication([draining, other, executor('none', { labels: ['gpu'] })]);
    const unavailable = { refusal: { code: 'isolation.unavailable' } };
    expect(await start({ isolation: 'standard' })).toMatchObject(unavailable);
    expect(await start({ yaml: plain, isolation: 'strict' })).toMatchObject(unavailable);
    const started = await start({ yaml: plain, isolation: 'standard' });
    expect(started).toMatchObject({ ok: true, value: { number: 1 } });
    expect(started).not.toHaveProperty('value.warnings');
  });

  it('of a checked file is that which its caller would get', async () => {
    const { ports } = openApplication([executor('none')]);
    const validate = new ValidatePipeline(ports);
    const codes = async (mayUseHost: boolean) => {
      const file = '.millrace.yaml';
      const checked = await validate.execute(
        { permissions: mayUseHost ? allPermissions : remotePermissions },
        { yaml: plain, file },
      );
      return checked.diagnostics.map(({ code }) => code);
    };
    expect(await codes(true)).not.toContain('lint.no-executor');
    expect(await codes(false)).toContain('lint.no-executor');
  });
});
