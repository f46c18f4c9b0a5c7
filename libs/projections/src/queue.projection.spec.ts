import { describe, expect, it } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import { namedUuid } from '#libs/testkit';
import { queueProjection } from './queue.projection.ts';

const runId = namedUuid('run');
const executor = namedUuid('executor');
const time = '2026-01-01T00:00:00.000Z';
const at = { step: 'build', attempt: 1 };
const noPlans = () => {
  throw new Error('no plan is needed');
};

function project(event: DomainEvent) {
  const recorded = { ...event, stream: `run-${runId}`, position: 7, time } as RecordedEvent;
  return queueProjection.project(recorded, noPlans);
}

describe('queue', () => {
  const row = { table: 'queued_steps', key: { run_id: runId, step: 'build' } };

  it.each<[DomainEvent, object]>([
    [
      { type: 'run.step-queued', data: { ...at, notBefore: time } },
      { insert: { attempt: 1, position: 7, queued_at: time, not_before: time } },
    ],
    [
      { type: 'run.step-wait-changed', data: { ...at, reason: 'labels' } },
      { set: { reason: 'labels', reason_since: time } },
    ],
    [{ type: 'run.step-assigned', data: { ...at, executor, leaseMs: 1 } }, { remove: true }],
    [
      {
        type: 'run.step-finished',
        data: { ...at, fence: 7, outcome: 'cancelled', cause: 'cancelled' },
      },
      { remove: true },
    ],
    [{ type: 'run.step-skipped', data: { step: 'build', reason: 'cancelled' } }, { remove: true }],
  ])('%j', (event, change) => {
    expect(project(event)).toEqual([{ ...row, ...change }]);
  });
});
