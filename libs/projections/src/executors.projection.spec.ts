import { describe, expect, it } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import { namedUuid } from '#libs/testkit';
import { executorsProjection } from './executors.projection.ts';

const executor = namedUuid('executor');
const time = '2026-01-01T00:00:00.000Z';
const noPlans = () => {
  throw new Error('no plan is needed');
};

function project(event: DomainEvent) {
  const recorded = { ...event, stream: `executor-${executor}`, position: 7, time } as RecordedEvent;
  return executorsProjection.project(recorded, noPlans);
}

describe('executors', () => {
  const row = { table: 'executors', key: { executor_id: executor } };

  it.each<[DomainEvent, object]>([
    [
      {
        type: 'executor.registered',
        data: {
          name: 'e1',
          labels: ['linux'],
          slots: 2,
          capabilities: { drivers: ['oci', 'process'], isolation: 'standard' },
          version: '1',
        },
      },
      {
        insert: {
          name: 'e1',
          status: 'online',
          labels: ['linux'],
          slots: 2,
          drivers: ['oci', 'process'],
          isolation: 'standard',
          version: '1',
          registered_at: time,
          position: 7,
        },
      },
    ],
    [{ type: 'executor.drained', data: { by: 'user:admin' } }, { set: { status: 'draining' } }],
    [
      { type: 'executor.lost', data: { why: 'silent' } },
      { set: { status: 'lost', lost_at: time, lost_why: 'silent' } },
    ],
  ])('%j', (event, change) => {
    expect(project(event)).toEqual([{ ...row, ...change }]);
  });
});
