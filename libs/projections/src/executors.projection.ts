import { streamId } from '#libs/events';
import { defineProjection, type ReadTable } from './projection.ts';

export const executors: ReadTable = {
  name: 'executors',
  key: ['executor_id'],
  columns: {
    executor_id: 'uuid',
    tenant: 'text',
    name: 'text',
    status: 'text',
    labels: 'jsonb',
    slots: 'int',
    drivers: 'jsonb',
    isolation: 'text',
    version: 'text',
    registered_at: 'timestamptz',
    position: 'bigint',
    lost_at: 'timestamptz',
    lost_why: 'text',
  },
  indexes: [{ columns: ['position'] }],
};

/** Executors, the lost ones too: an id stands for one life of a process. */
export const executorsProjection = defineProjection({
  name: 'executors',
  version: 2,
  tables: [executors],
  handles: ['executor.registered', 'executor.drained', 'executor.lost'],
  project(event) {
    const table = executors.name;
    const key = { executor_id: streamId('executor', event.stream) };
    switch (event.type) {
      case 'executor.registered': {
        const { name, labels, slots, capabilities, version } = event.data;
        const insert = {
          tenant: event.tenant,
          name,
          status: 'online',
          labels,
          slots,
          drivers: capabilities.drivers,
          isolation: capabilities.isolation,
          version,
          registered_at: event.time,
          position: event.position,
        };
        return [{ table, key, insert }];
      }
      case 'executor.drained':
        return [{ table, key, set: { status: 'draining' } }];
      case 'executor.lost':
        return [
          { table, key, set: { status: 'lost', lost_at: event.time, lost_why: event.data.why } },
        ];
    }
  },
});
