import { describe, expect, it } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import { namedUuid, planOf, planStep } from '#libs/testkit';
import { runDetailProjection } from './run-detail.projection.ts';

const runId = namedUuid('run');
const executor = namedUuid('executor');
const time = '2026-01-01T00:00:00.000Z';
const at = { step: 'build', attempt: 1 };
const plan = planOf('shop', [
  planStep('build', { name: 'Build it' }),
  planStep('test', { dependsOn: ['build'], allowFailure: true }),
]);

const queued: DomainEvent = {
  type: 'run.queued',
  data: {
    runNumber: 3,
    pipelineId: namedUuid('shop'),
    pipeline: 'shop',
    planHash: 'a'.repeat(64),
    trigger: { kind: 'cli', actor: 'user:admin' },
    inputs: {},
    source: { kind: 'none' },
    isolation: 'none',
  },
};

function project(event: DomainEvent) {
  const recorded = { ...event, stream: `run-${runId}`, position: 7, time } as RecordedEvent;
  return runDetailProjection.project(recorded, () => plan);
}

describe('run detail', () => {
  const key = { run_id: runId, step: 'build' };
  const attemptKey = { ...key, attempt: 1 };
  const steps = (set: object) => ({ table: 'run_steps', key, set });
  const attempts = (change: object) => ({ table: 'run_attempts', key: attemptKey, ...change });

  it('lists every step of the plan from the beginning, in file order', () => {
    expect(project(queued)).toMatchObject([
      { key, insert: { ordinal: 0, name: 'Build it', status: 'waiting', depends_on: [] } },
      { key: { step: 'test' }, insert: { ordinal: 1, depends_on: ['build'], allow_failure: true } },
    ]);
  });

  it.each<[DomainEvent, readonly object[]]>([
    [{ type: 'run.step-queued', data: at }, [steps({ status: 'queued' })]],
    [
      { type: 'run.step-wait-changed', data: { ...at, reason: 'slots' } },
      [
        {
          table: 'run_waits',
          key: { ...key, position: 7 },
          insert: { reason: 'slots', from_at: time },
        },
      ],
    ],
    [
      { type: 'run.step-assigned', data: { ...at, executor, leaseMs: 1 } },
      [
        steps({ status: 'assigned' }),
        attempts({ insert: { executor, fence: 7, assigned_at: time } }),
      ],
    ],
    [
      { type: 'run.step-started', data: { ...at, executor, fence: 7 } },
      [steps({ status: 'running' }), attempts({ set: { started_at: time } })],
    ],
    [
      {
        type: 'run.step-finished',
        data: { ...at, fence: 7, outcome: 'failure', cause: 'exit', exitCode: 3 },
      },
      [
        steps({
          status: 'finished',
          outcome: 'failure',
          cause: 'exit',
          exit_code: 3,
          signal: null,
          ended_at: time,
        }),
        attempts({
          set: {
            finished_at: time,
            report: { outcome: 'failure', cause: 'exit', exitCode: 3 },
          },
        }),
      ],
    ],
    [
      { type: 'run.step-attempt-lost', data: { ...at, fence: 7, why: 'executor-gone' } },
      [
        attempts({
          set: { finished_at: time, report: { outcome: 'error', cause: 'worker-lost' } },
        }),
      ],
    ],
    [
      {
        type: 'run.step-retry-scheduled',
        data: { step: 'build', nextAttempt: 2, notBefore: time, rule: 'any' },
      },
      [
        steps({
          status: 'waiting',
          outcome: null,
          cause: null,
          exit_code: null,
          signal: null,
          ended_at: null,
        }),
      ],
    ],
    [
      { type: 'run.step-skipped', data: { step: 'build', reason: 'dependency-failed' } },
      [
        steps({
          status: 'skipped',
          outcome: 'skipped',
          skip_reason: 'dependency-failed',
          ended_at: time,
        }),
      ],
    ],
  ])('%j', (event, changes) => {
    expect(project(event)).toEqual(changes);
  });
});
