import { describe, it } from 'vitest';
import { type Plan, type PlanStep, planHash, type RunEvent } from '#libs/events';
import { deciderSpec } from '#libs/testkit';
import type { RunCommand } from './run.commands.ts';
import { runDecider } from './run.decider.ts';

const runId = '01900000-0000-7000-8000-000000000001';
const executor = '01900000-0000-7000-8000-0000000000ee';
const stranger = '01900000-0000-7000-8000-0000000000ef';

function step(id: string, rest: Partial<PlanStep> = {}): PlanStep {
  return {
    id,
    name: id,
    commands: ['true'],
    env: {},
    dependsOn: [],
    timeoutMs: 60_000,
    retry: { max: 0, on: [], backoffMs: 0 },
    allowFailure: false,
    labels: [],
    image: 'host',
    network: 'none',
    artifacts: [],
    ...rest,
  };
}

const plan: Plan = {
  schema: 1,
  name: 'demo',
  vars: {},
  inputs: {},
  steps: [
    step('build', { retry: { max: 1, on: ['worker-lost', { exit: [75] }], backoffMs: 0 } }),
    step('test', { dependsOn: ['build'] }),
    step('lint', { allowFailure: true }),
  ],
};

const spec = deciderSpec<ReturnType<typeof runDecider.evolve>, RunCommand, RunEvent>(
  runDecider,
  () => plan,
);

const facts = {
  runNumber: 7,
  pipelineId: runId,
  pipeline: 'demo',
  planHash: planHash(plan),
  trigger: { kind: 'api', actor: 'user:admin' },
  inputs: {},
  source: { kind: 'none' },
  isolation: 'none',
} as const;
const start: RunCommand = { kind: 'start-run', runId, plan, ...facts, reusedSteps: [] };
const queued: RunEvent = { type: 'run.queued', data: facts };
const ready = (id: string, attempt = 1): RunEvent => ({
  type: 'run.step-queued',
  data: { step: id, attempt },
});
const assigned = (id: string, attempt = 1): RunEvent => ({
  type: 'run.step-assigned',
  data: { step: id, attempt, executor, leaseMs: 20_000 },
});
const started = (id: string, fence: number, attempt = 1): RunEvent => ({
  type: 'run.step-started',
  data: { step: id, attempt, executor, fence },
});
const ok = { outcome: 'success', cause: 'exit', exitCode: 0 } as const;
const no = { outcome: 'failure', cause: 'exit', exitCode: 1 } as const;
const ended = (id: string, fence: number, report: object, attempt = 1): RunEvent =>
  ({ type: 'run.step-finished', data: { step: id, attempt, fence, ...report } }) as RunEvent;
const skipped = (id: string, reason: 'dependency-failed' | 'cancelled' | 'reused'): RunEvent => ({
  type: 'run.step-skipped',
  data: { step: id, reason },
});
const over = (
  outcome: 'success' | 'failure' | 'error' | 'cancelled',
  ...failedSteps: string[]
): RunEvent => ({ type: 'run.finished', data: { outcome, failedSteps } });
const cancelRequested = (force = false): RunEvent => ({
  type: 'run.cancel-requested',
  data: { by: 'anonymous', force },
});

const cancel = (force = false): RunCommand => ({ kind: 'cancel-run', by: 'anonymous', force });
const assign: RunCommand = {
  kind: 'assign-step',
  step: 'build',
  attempt: 1,
  executor,
  leaseMs: 20_000,
};
const begin = (fence: number, who = executor): RunCommand => ({
  kind: 'start-attempt',
  step: 'build',
  attempt: 1,
  executor: who,
  fence,
});
const finish = (id: string, fence: number, report: object, attempt = 1, who = executor) =>
  ({
    kind: 'finish-attempt',
    step: id,
    attempt,
    executor: who,
    fence,
    report,
    nowMs: 0,
    random: 0.5,
  }) as RunCommand;
const lose = (fence: number, attempt = 1): RunCommand => ({
  kind: 'lose-attempt',
  step: 'build',
  attempt,
  fence,
  why: 'lease-expired',
  nowMs: 0,
  random: 0.5,
});
const lost = (fence: number, attempt = 1): RunEvent => ({
  type: 'run.step-attempt-lost',
  data: { step: 'build', attempt, fence, why: 'lease-expired' },
});
const again = (rule: string): RunEvent => ({
  type: 'run.step-retry-scheduled',
  data: { step: 'build', nextAttempt: 2, notBefore: '1970-01-01T00:00:00.000Z', rule },
});

/** Positions: 1 queued, 2 build ready, 3 lint ready. */
const begun = [queued, ready('build'), ready('lint')];
/** Position 4 is the fence of build. */
const held = [...begun, assigned('build')];
const running = [...held, started('build', 4)];
const greenBuild = [...running, ended('build', 4, ok), ready('test')];

describe('start-run', () => {
  it('queues the run and every step without dependencies', () =>
    spec
      .given()
      .when(start)
      .thenEvents(...begun));
  it('takes over results and goes on behind them', () =>
    spec
      .given()
      .when({ ...start, reusedSteps: ['build', 'lint'] } as RunCommand)
      .thenEvents(queued, skipped('build', 'reused'), skipped('lint', 'reused'), ready('test')));
  it('ends at once where there is nothing to run', () =>
    spec
      .given()
      .when({ ...start, reusedSteps: ['build', 'test', 'lint'] } as RunCommand)
      .thenEvents(
        queued,
        skipped('build', 'reused'),
        skipped('test', 'reused'),
        skipped('lint', 'reused'),
        over('success'),
      ));
  it('is refused for a run that exists', () =>
    spec
      .given(...begun)
      .when(start)
      .thenRejected('run.already-exists'));
});

describe('assign-step', () => {
  it('gives a ready step to an executor', () =>
    spec
      .given(...begun)
      .when(assign)
      .thenEvents(assigned('build')));
  it.each([
    ['a step that waits', { ...assign, step: 'test' }, begun],
    ['a step that is held', assign, held],
    ['another attempt', { ...assign, attempt: 2 }, begun],
    ['a run that is cancelled', assign, [...running, cancelRequested()]],
  ] as const)('refuses %s', (_, command, history) =>
    spec
      .given(...history)
      .when(command)
      .thenRejected('step.not-ready'),
  );
  it('refuses a run that is unknown', () =>
    spec.given().when(assign).thenRejected('run.not-found'));
  it('refuses a step that is unknown', () =>
    spec
      .given(...begun)
      .when({ ...assign, step: 'nosuch' })
      .thenRejected('step.not-found'));
});

describe('start-attempt', () => {
  it('is acknowledged once', () =>
    spec
      .given(...held)
      .when(begin(4))
      .thenEvents(started('build', 4)));
  it('is acknowledged again', () =>
    spec
      .given(...running)
      .when(begin(4))
      .thenEvents());
  it('is refused with another fence', () =>
    spec
      .given(...held)
      .when(begin(3))
      .thenRejected('attempt.fenced'));
  it('is refused to another executor', () =>
    spec
      .given(...held)
      .when(begin(4, stranger))
      .thenRejected('attempt.fenced'));
  it('is refused after the lease was lost', () =>
    spec
      .given(...held, lost(4), ready('build', 2))
      .when(begin(4))
      .thenRejected('attempt.fenced'));
  it('is refused after a cancel', () =>
    spec
      .given(
        ...held,
        cancelRequested(),
        ended('build', 4, { outcome: 'cancelled', cause: 'cancelled' }),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
        over('cancelled'),
      )
      .when(begin(4))
      .thenRejected('attempt.fenced'));
});

describe('finish-attempt', () => {
  it('makes the next steps ready', () =>
    spec
      .given(...running)
      .when(finish('build', 4, ok))
      .thenEvents(ended('build', 4, ok), ready('test')));
  it('skips what depends on a failure', () =>
    spec
      .given(...running)
      .when(finish('build', 4, no))
      .thenEvents(ended('build', 4, no), skipped('test', 'dependency-failed')));
  it('tries again where a rule says so', () => {
    const code75 = { ...no, exitCode: 75 };
    spec
      .given(...running)
      .when(finish('build', 4, code75))
      .thenEvents(ended('build', 4, code75), again('exit:75'), ready('build', 2));
  });
  it('tries no more often than it may', () => {
    const code75 = { ...no, exitCode: 75 };
    spec
      .given(
        ...running,
        ended('build', 4, code75),
        again('exit:75'),
        ready('build', 2),
        assigned('build', 2),
        started('build', 9, 2),
      )
      .when(finish('build', 9, code75, 2))
      .thenEvents(ended('build', 9, code75, 2), skipped('test', 'dependency-failed'));
  });
  it('ends the run with its last step; a step that may fail does not turn it red', () =>
    spec
      .given(
        ...greenBuild,
        assigned('test'),
        started('test', 8),
        ended('test', 8, ok),
        assigned('lint'),
        started('lint', 11),
      )
      .when(finish('lint', 11, no))
      .thenEvents(ended('lint', 11, no), over('success')));
  it('keeps the user’s fault and the system’s apart', () => {
    const broken = { outcome: 'error', cause: 'source-failed' } as const;
    spec
      .given(...held)
      .when(finish('build', 4, broken))
      .thenEvents(ended('build', 4, broken), skipped('test', 'dependency-failed'));
  });
  it('accepts a repeated report without a trace', () =>
    spec
      .given(...greenBuild)
      .when(finish('build', 4, ok))
      .thenEvents());
  it('refuses a success that never started', () =>
    spec
      .given(...held)
      .when(finish('build', 4, ok))
      .thenRejected('attempt.fenced'));
  it('refuses another fence', () =>
    spec
      .given(...running)
      .when(finish('build', 5, ok))
      .thenRejected('attempt.fenced'));
  it('refuses another executor', () =>
    spec
      .given(...running)
      .when(finish('build', 4, ok, 1, 'another'))
      .thenRejected('attempt.fenced'));
  it('ends a cancelled run with its last live step', () => {
    const gone = { outcome: 'cancelled', cause: 'cancelled' } as const;
    spec
      .given(
        ...running,
        cancelRequested(),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
      )
      .when(finish('build', 4, gone))
      .thenEvents(ended('build', 4, gone), over('cancelled'));
  });
  it('never tries a cancelled run again', () => {
    const code75 = { ...no, exitCode: 75 };
    spec
      .given(
        ...running,
        cancelRequested(),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
      )
      .when(finish('build', 4, code75))
      .thenEvents(ended('build', 4, code75), over('cancelled', 'build'));
  });
});

describe('lose-attempt', () => {
  it('queues an attempt again that had not started', () =>
    spec
      .given(...held)
      .when(lose(4))
      .thenEvents(lost(4), ready('build', 2)));
  it('tries a started one again only by its rule', () =>
    spec
      .given(...running)
      .when(lose(4))
      .thenEvents(lost(4), again('worker-lost'), ready('build', 2)));
  it('ends a started one as the system’s error where no try is left', () => {
    const history = [
      ...running,
      lost(4),
      again('worker-lost'),
      ready('build', 2),
      assigned('build', 2),
      started('build', 9, 2),
    ];
    const message = 'the executor was lost while the step ran';
    spec
      .given(...history)
      .when(lose(9, 2))
      .thenEvents(
        lost(9, 2),
        ended('build', 9, { outcome: 'error', cause: 'worker-lost', message }, 2),
        skipped('test', 'dependency-failed'),
      );
  });
  it('changes nothing for an attempt that has ended', () =>
    spec
      .given(...greenBuild)
      .when(lose(4))
      .thenEvents());
  it('ends a cancelled one', () =>
    spec
      .given(
        ...running,
        cancelRequested(),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
      )
      .when(lose(4))
      .thenEvents(
        lost(4),
        ended('build', 4, { outcome: 'cancelled', cause: 'cancelled' }),
        over('cancelled'),
      ));
});

describe('release-retry', () => {
  const later: RunEvent = {
    type: 'run.step-retry-scheduled',
    data: { step: 'build', nextAttempt: 2, notBefore: '2026-01-01T00:01:00.000Z', rule: 'exit:75' },
  };
  const history = [...running, ended('build', 4, { ...no, exitCode: 75 }), later];
  const release = (time: string): RunCommand => ({
    kind: 'release-retry',
    step: 'build',
    attempt: 2,
    nowMs: Date.parse(time),
  });
  it('queues the attempt when it is due', () =>
    spec
      .given(...history)
      .when(release('2026-01-01T00:01:00Z'))
      .thenEvents(ready('build', 2)));
  it('changes nothing afterwards', () =>
    spec
      .given(...history, ready('build', 2))
      .when(release('2026-01-01T00:01:00Z'))
      .thenEvents());
});

describe('note-wait', () => {
  const note: RunCommand = { kind: 'note-wait', step: 'build', attempt: 1, reason: 'slots' };
  const noted: RunEvent = {
    type: 'run.step-wait-changed',
    data: { step: 'build', attempt: 1, reason: 'slots' },
  };
  it('records why', () =>
    spec
      .given(...begun)
      .when(note)
      .thenEvents(noted));
  it('records it once', () =>
    spec
      .given(...begun, noted)
      .when(note)
      .thenEvents());
  it('records nothing of a step that waits no more', () =>
    spec
      .given(...held)
      .when(note)
      .thenEvents());
});

describe('cancel-run', () => {
  it('ends a run at once where nothing runs', () =>
    spec
      .given(...begun)
      .when(cancel())
      .thenEvents(
        cancelRequested(),
        skipped('build', 'cancelled'),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
        over('cancelled'),
      ));
  it('ends an attempt that has not started', () =>
    spec
      .given(...held)
      .when(cancel())
      .thenEvents(
        cancelRequested(),
        ended('build', 4, { outcome: 'cancelled', cause: 'cancelled' }),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
        over('cancelled'),
      ));
  it('lets what runs report its own end', () =>
    spec
      .given(...running)
      .when(cancel())
      .thenEvents(cancelRequested(), skipped('test', 'cancelled'), skipped('lint', 'cancelled')));
  it('is idempotent', () =>
    spec
      .given(...running, cancelRequested())
      .when(cancel())
      .thenEvents());
  it('can be sharpened once', () => {
    spec
      .given(...running, cancelRequested())
      .when(cancel(true))
      .thenEvents(cancelRequested(true));
    spec
      .given(...running, cancelRequested(), cancelRequested(true))
      .when(cancel(true))
      .thenEvents();
  });
  it('is refused for a run that ended as cancelled', () =>
    spec
      .given(
        ...begun,
        cancelRequested(),
        skipped('build', 'cancelled'),
        skipped('test', 'cancelled'),
        skipped('lint', 'cancelled'),
        over('cancelled'),
      )
      .when(cancel())
      .thenRejected('run.already-finished'));
  it('is refused for a run that ended otherwise', () =>
    spec
      .given(...greenBuild, over('success'))
      .when(cancel())
      .thenRejected('run.already-finished'));
  it('is refused for an unknown run', () =>
    spec.given().when(cancel()).thenRejected('run.not-found'));
});
