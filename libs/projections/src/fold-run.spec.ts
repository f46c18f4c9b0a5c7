import { describe, expect, it } from 'vitest';
import { defaultTenant, type Plan, type RecordedEvent, type RunEvent } from '#libs/events';
import { foldRun } from './fold-run.ts';

const runId = '01900000-0000-7000-8000-000000000001';
const executor = '01900000-0000-7000-8000-0000000000ee';

const plan: Plan = {
  schema: 1,
  name: 'demo',
  vars: {},
  inputs: {},
  steps: ['build', 'test'].map((id) => ({
    id,
    name: id,
    commands: ['true'],
    env: {},
    dependsOn: id === 'test' ? ['build'] : [],
    timeoutMs: 60_000,
    retry: { max: 0, on: [], backoffMs: 0 },
    allowFailure: false,
    labels: [],
    image: 'host',
    network: 'none',
    artifacts: [],
  })),
};

const queued: RunEvent = {
  type: 'run.queued',
  data: {
    runNumber: 7,
    pipelineId: runId,
    pipeline: 'demo',
    planHash: 'a'.repeat(64),
    trigger: { kind: 'api', actor: 'user:admin' },
    inputs: {},
    source: { kind: 'none' },
    isolation: 'none',
  },
};

/** Positions 11, 12, …; one second apart. */
function history(...facts: readonly RunEvent[]): readonly RecordedEvent[] {
  return facts.map((fact, at) => ({
    ...fact,
    position: 11 + at,
    id: `0-${11 + at}`,
    schemaVersion: 1,
    stream: `run-${runId}`,
    version: at + 1,
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    tenant: defaultTenant,
    actor: 'system',
    correlationId: runId,
    causationId: null,
    commandId: null,
    traceparent: null,
  }));
}

const whole = history(
  queued,
  { type: 'run.step-queued', data: { step: 'build', attempt: 1 } },
  { type: 'run.step-wait-changed', data: { step: 'build', attempt: 1, reason: 'slots' } },
  { type: 'run.step-assigned', data: { step: 'build', attempt: 1, executor, leaseMs: 20_000 } },
  { type: 'run.step-started', data: { step: 'build', attempt: 1, executor, fence: 14 } },
  {
    type: 'run.step-finished',
    data: { step: 'build', attempt: 1, fence: 14, outcome: 'failure', cause: 'exit', exitCode: 3 },
  },
  { type: 'run.step-skipped', data: { step: 'test', reason: 'dependency-failed' } },
  { type: 'run.finished', data: { outcome: 'failure', failedSteps: ['build'] } },
);

describe('foldRun', () => {
  it('tells a whole run', () => {
    const run = foldRun(plan, whole);
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
          executor,
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
    const run = foldRun(plan, whole.slice(0, count));
    expect([run.status, run.steps[0]?.status]).toEqual([status, step]);
  });

  it('tells how an attempt ended with the attempt where another follows', () => {
    const rule = 'failure';
    const notBefore = '2026-01-01T00:00:09.000Z';
    const run = foldRun(plan, [
      ...whole.slice(0, 6),
      ...history({
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
    const run = foldRun(plan, [
      ...whole.slice(0, 5),
      ...history(
        {
          type: 'run.step-attempt-lost',
          data: { step: 'build', attempt: 1, fence: 14, why: 'lease-expired' },
        },
        { type: 'run.step-queued', data: { step: 'build', attempt: 2 } },
        {
          type: 'run.step-assigned',
          data: { step: 'build', attempt: 2, executor, leaseMs: 20_000 },
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
