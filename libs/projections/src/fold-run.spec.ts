import { describe, expect, it } from 'vitest';
import { demoExecutor, demoHistory, demoPlan, failedDemoRun } from '#libs/testkit';
import { foldRun } from './fold-run.ts';

describe('foldRun', () => {
  it('tells a whole run', () => {
    const run = foldRun(demoPlan, failedDemoRun);
    expect(run).toMatchObject({
      number: 7,
      status: 'finished',
      outcome: 'failure',
      failedSteps: ['build'],
      position: 18,
    });
    expect(run.startedAt).toBe('2026-01-01T00:00:04.000Z');
    expect(run.steps[0]).toMatchObject({
      status: 'finished',
      outcome: 'failure',
      cause: 'exit',
      exitCode: 3,
      attempts: [
        {
          attempt: 1,
          executor: demoExecutor,
          fence: 14,
          startedAt: '2026-01-01T00:00:04.000Z',
          finishedAt: '2026-01-01T00:00:05.000Z',
        },
      ],
      waits: [
        { reason: 'slots', from: '2026-01-01T00:00:02.000Z', to: '2026-01-01T00:00:03.000Z' },
      ],
    });
    expect(run.steps[1]).toMatchObject({
      status: 'skipped',
      skipReason: 'dependency-failed',
      attempts: [],
    });
  });

  it.each([
    [1, 'queued', 'waiting'],
    [2, 'queued', 'queued'],
    [4, 'queued', 'assigned'],
    [5, 'running', 'running'],
    [6, 'running', 'finished'],
  ])('tells the run as it was after %i events', (count, status, step) => {
    const run = foldRun(demoPlan, failedDemoRun.slice(0, count));
    expect([run.status, run.steps[0]?.status]).toEqual([status, step]);
  });

  it('tells how an attempt ended with the attempt where another follows', () => {
    const rule = 'failure';
    const notBefore = '2026-01-01T00:00:09.000Z';
    const run = foldRun(demoPlan, [
      ...failedDemoRun.slice(0, 6),
      ...demoHistory({
        type: 'run.step-retry-scheduled',
        data: { step: 'build', nextAttempt: 2, notBefore, rule },
      }),
    ]);
    expect(run.steps[0]).toMatchObject({
      status: 'waiting',
      outcome: null,
      cause: null,
      exitCode: null,
      attempts: [{ attempt: 1, outcome: 'failure', exitCode: 3 }],
    });
  });

  it('keeps a lost attempt beside the next one', () => {
    const run = foldRun(demoPlan, [
      ...failedDemoRun.slice(0, 5),
      ...demoHistory(
        {
          type: 'run.step-attempt-lost',
          data: { step: 'build', attempt: 1, fence: 14, why: 'lease-expired' },
        },
        { type: 'run.step-queued', data: { step: 'build', attempt: 2 } },
        {
          type: 'run.step-assigned',
          data: { step: 'build', attempt: 2, executor: demoExecutor, leaseMs: 20_000 },
        },
      ),
    ]);
    expect(
      run.steps[0]?.attempts.map(({ attempt, outcome, cause }) => [attempt, outcome, cause]),
    ).toEqual([
      [1, 'error', 'worker-lost'],
      [2, null, null],
    ]);
  });
});
