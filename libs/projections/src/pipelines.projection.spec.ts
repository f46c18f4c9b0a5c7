import { describe, expect, it } from 'vitest';
import type { DomainEvent, RecordedEvent } from '#libs/events';
import { namedUuid } from '#libs/testkit';
import { pipelinesProjection } from './pipelines.projection.ts';

const pipelineId = namedUuid('shop');
const time = '2026-01-01T00:00:00.000Z';
const hash = 'a'.repeat(64);
const noPlans = () => {
  throw new Error('no plan is needed');
};

function project(event: DomainEvent) {
  const recorded = {
    ...event,
    stream: `pipeline-${pipelineId}`,
    position: 7,
    time,
  } as RecordedEvent;
  return pipelinesProjection.project(recorded, noPlans);
}

describe('pipelines', () => {
  it('keeps every version', () => {
    const data = { name: 'shop', version: 2, sourceHash: hash, planHash: hash, planSchema: 1 };
    const event: DomainEvent = { type: 'pipeline.registered', data };
    expect(project(event)).toEqual([
      {
        table: 'pipeline_versions',
        key: { pipeline_id: pipelineId, version: 2 },
        insert: { name: 'shop', plan_hash: hash, source_hash: hash, registered_at: time },
      },
    ]);
  });
});
