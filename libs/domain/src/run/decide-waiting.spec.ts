import { describe, it } from 'vitest';
import type { RunEvent } from '#libs/events';
import { deciderSpec, namedUuid, planOf, planStep, runQueued } from '#libs/testkit';
import type { RunCommand } from './run.commands.ts';
import { runDecider } from './run.decider.ts';
import type { RunState } from './run.types.ts';

const plan = planOf('demo', [planStep('build')]);
const { given } = deciderSpec<RunState, RunCommand, RunEvent>(runDecider, () => plan);
const executor = namedUuid('executor');

const queued: RunEvent = runQueued(plan);
const history: RunEvent[] = [
  queued,
  { type: 'run.step-queued', data: { step: 'build', attempt: 1 } },
  { type: 'run.step-assigned', data: { step: 'build', attempt: 1, executor, leaseMs: 1 } },
  {
    type: 'run.step-finished',
    data: { step: 'build', attempt: 1, fence: 3, outcome: 'error', cause: 'start-failed' },
  },
  {
    type: 'run.step-retry-scheduled',
    data: {
      step: 'build',
      nextAttempt: 2,
      notBefore: '2026-01-01T00:01:00.000Z',
      rule: 'start-failed',
    },
  },
];
const due = Date.UTC(2026, 0, 1, 0, 1);
const release = (attempt: number, nowMs: number, step = 'build'): RunCommand => ({
  kind: 'release-retry',
  step,
  attempt,
  nowMs,
});
const note = (reason: 'retry-delay' | 'slots', attempt = 2, step = 'build'): RunCommand => ({
  kind: 'note-wait',
  step,
  attempt,
  reason,
});

describe('release-retry', () => {
  it('waits for the last millisecond', () => {
    given(...history)
      .when(release(2, due - 1))
      .thenRejected('step.not-ready');
    given(...history)
      .when(release(2, due))
      .thenEvents({ type: 'run.step-queued', data: { step: 'build', attempt: 2 } });
  });
  it('means the attempt to come', () =>
    given(...history)
      .when(release(1, due))
      .thenEvents());
  it('knows its run and its step', () => {
    given().when(release(2, due)).thenRejected('run.not-found');
    given(queued)
      .when(release(2, due, 'nosuch'))
      .thenRejected('step.not-found');
  });
});

describe('note-wait', () => {
  const noted = (reason: 'retry-delay' | 'slots'): RunEvent => ({
    type: 'run.step-wait-changed',
    data: { step: 'build', attempt: 2, reason },
  });
  it('says that a retry waits', () =>
    given(...history)
      .when(note('retry-delay'))
      .thenEvents(noted('retry-delay')));
  it('says when the reason changes', () =>
    given(...history, noted('retry-delay'))
      .when(note('slots'))
      .thenEvents(noted('slots')));
  it('begins anew with a new attempt', () =>
    given(...history, noted('slots'), {
      type: 'run.step-queued',
      data: { step: 'build', attempt: 2 },
    })
      .when(note('slots'))
      .thenEvents(noted('slots')));
  it('says nothing of another attempt', () =>
    given(...history)
      .when(note('slots', 1))
      .thenEvents());
  it('knows its run and its step', () => {
    given().when(note('slots')).thenRejected('run.not-found');
    given(queued)
      .when(note('slots', 1, 'nosuch'))
      .thenRejected('step.not-found');
  });
});

describe('what names a run or step that is not there', () => {
  const ref = { step: 'build', attempt: 1, fence: 3 };
  const chance = { nowMs: due, random: 0 };
  const report = { outcome: 'error', cause: 'start-failed' } as const;
  it.each<RunCommand>([
    { kind: 'start-attempt', ...ref, executor },
    { kind: 'finish-attempt', ...ref, executor, report, ...chance },
    { kind: 'lose-attempt', ...ref, why: 'overdue', ...chance },
  ])('$kind is refused', (command) => {
    given().when(command).thenRejected('run.not-found');
    given(queued)
      .when({ ...command, step: 'nosuch' } as RunCommand)
      .thenRejected('step.not-found');
  });
});
