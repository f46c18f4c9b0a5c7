import { streamId } from '#libs/events';
import { defineProjection, type ReadTable } from './projection.ts';

export const queuedSteps: ReadTable = {
  name: 'queued_steps',
  key: ['run_id', 'step'],
  columns: {
    run_id: 'uuid',
    tenant: 'text',
    step: 'text',
    attempt: 'int',
    position: 'bigint',
    queued_at: 'timestamptz',
    not_before: 'timestamptz',
    reason: 'text',
    reason_since: 'timestamptz',
  },
  indexes: [{ columns: ['tenant', 'position'] }],
};

/** Steps that may start and have no executor yet. */
export const queueProjection = defineProjection({
  name: 'queue',
  version: 2,
  tables: [queuedSteps],
  handles: [
    'run.step-queued',
    'run.step-wait-changed',
    'run.step-assigned',
    'run.step-finished',
    'run.step-skipped',
  ],
  project(event) {
    const table = queuedSteps.name;
    const key = { run_id: streamId('run', event.stream), step: event.data.step };
    switch (event.type) {
      case 'run.step-queued': {
        const { attempt, notBefore } = event.data;
        const insert = {
          tenant: event.tenant,
          attempt,
          position: event.position,
          queued_at: event.time,
          not_before: notBefore ?? null,
        };
        return [{ table, key, insert }];
      }
      case 'run.step-wait-changed':
        return [{ table, key, set: { reason: event.data.reason, reason_since: event.time } }];
      case 'run.step-assigned':
      case 'run.step-finished':
      case 'run.step-skipped':
        return [{ table, key, remove: true }];
    }
  },
});
