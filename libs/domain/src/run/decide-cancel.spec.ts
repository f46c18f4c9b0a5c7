import { expect, it } from 'vitest';
import type { RunEvent } from '#libs/events';
import { foldHistory, namedUuid, planOf, planStep, runQueued } from '#libs/testkit';
import { runDecider } from './run.decider.ts';

const plan = planOf('demo', [planStep('build'), planStep('test', { dependsOn: ['build'] })]);
const lookup = () => plan;
const history: RunEvent[] = [
  runQueued(plan),
  { type: 'run.step-queued', data: { step: 'build', attempt: 1 } },
];
const assigned: RunEvent = {
  type: 'run.step-assigned',
  data: { step: 'build', attempt: 1, executor: namedUuid('executor'), leaseMs: 20_000 },
};
const cancel = { kind: 'cancel-run', by: 'anonymous', force: false } as const;

it('an assignment of the same append has no fence yet: its step is skipped', () => {
  const before = foldHistory(runDecider, history, lookup);
  const speculative = runDecider.evolve(before, assigned, { position: 0, time: '' }, lookup);
  const decision = runDecider.decide(cancel, speculative);
  expect(decision).toEqual({
    ok: true,
    events: [
      { type: 'run.cancel-requested', data: { by: 'anonymous', force: false } },
      { type: 'run.step-skipped', data: { step: 'build', reason: 'cancelled' } },
      { type: 'run.step-skipped', data: { step: 'test', reason: 'cancelled' } },
      { type: 'run.finished', data: { outcome: 'cancelled', failedSteps: [] } },
    ],
  });
});

it('a run that has ended stays as it is, a cancelled one too', () => {
  const end: RunEvent[] = [
    { type: 'run.cancel-requested', data: { by: 'anonymous', force: false } },
    { type: 'run.step-skipped', data: { step: 'build', reason: 'cancelled' } },
    { type: 'run.step-skipped', data: { step: 'test', reason: 'cancelled' } },
    { type: 'run.finished', data: { outcome: 'cancelled', failedSteps: [] } },
  ];
  const ended = foldHistory(runDecider, [...history, ...end], lookup);
  expect(runDecider.decide(cancel, ended)).toMatchObject({
    ok: false,
    rejection: { code: 'run.already-finished' },
  });
});

it('a retry that waits for its delay is over', () => {
  const report = { outcome: 'failure', cause: 'exit', exitCode: 1 } as const;
  const state = foldHistory<ReturnType<typeof runDecider.evolve>, never, RunEvent>(
    runDecider,
    [
      ...history,
      assigned,
      { type: 'run.step-finished', data: { step: 'build', attempt: 1, fence: 3, ...report } },
      {
        type: 'run.step-retry-scheduled',
        data: {
          step: 'build',
          nextAttempt: 2,
          notBefore: '2026-01-01T00:00:00.000Z',
          rule: 'failure',
        },
      },
    ],
    lookup,
  );
  const decision = runDecider.decide({ ...cancel, reason: 'too late' }, state);
  expect(decision).toMatchObject({
    ok: true,
    events: [
      { data: { by: 'anonymous', force: false, reason: 'too late' } },
      { data: { step: 'build', reason: 'cancelled' } },
      { data: { step: 'test', reason: 'cancelled' } },
      { data: { outcome: 'cancelled' } },
    ],
  });
});
