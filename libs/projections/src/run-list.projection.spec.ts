import { describe, expect, it } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import { namedUuid } from '#libs/testkit';
import { runListProjection } from './run-list.projection.ts';

const runId = namedUuid('run');
const executor = namedUuid('executor');
const time = '2026-01-01T00:00:00.000Z';
const at = { step: 'build', attempt: 1 };

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
const noPlans = () => {
  throw new Error('no plan is needed');
};

function project(event: DomainEvent) {
  const recorded = { ...event, stream: `run-${runId}`, position: 7, time } as RecordedEvent;
  return runListProjection.project(recorded, noPlans);
}

describe('run list', () => {
  const key = { run_id: runId };

  it('begins a row with the run', () => {
    expect(project(queued)).toMatchObject([
      { table: 'run_list', key, insert: { number: 3, pipeline: 'shop', queued_at: time } },
    ]);
  });

  it.each<[DomainEvent, object]>([
    [
      { type: 'run.step-started', data: { ...at, executor, fence: 5 } },
      { first: { started_at: time } },
    ],
    [
      { type: 'run.cancel-requested', data: { by: 'user:admin', force: false } },
      { first: { cancel_requested_at: time, cancel_by: 'user:admin', cancel_reason: '' } },
    ],
    [
      { type: 'run.cancel-requested', data: { by: 'user:admin', force: true, reason: 'no use' } },
      { first: { cancel_requested_at: time, cancel_by: 'user:admin', cancel_reason: 'no use' } },
    ],
    [
      { type: 'run.finished', data: { outcome: 'failure', failedSteps: ['build'] } },
      { set: { outcome: 'failure', finished_at: time, failed_steps: ['build'] } },
    ],
  ])('%j', (event, change) => {
    expect(project(event)).toEqual([{ table: 'run_list', key, ...change }]);
  });
});
