import { streamId } from '#libs/events';
import { defineProjection, type ReadTable } from './projection.ts';

export const pipelineVersions: ReadTable = {
  name: 'pipeline_versions',
  key: ['pipeline_id', 'version'],
  columns: {
    pipeline_id: 'uuid',
    version: 'int',
    tenant: 'text',
    name: 'text',
    plan_hash: 'text',
    source_hash: 'text',
    registered_at: 'timestamptz',
  },
  indexes: [{ columns: ['tenant', 'name', 'version'] }],
};

/** Every version of every pipeline. */
export const pipelinesProjection = defineProjection({
  name: 'pipelines',
  version: 2,
  tables: [pipelineVersions],
  handles: ['pipeline.registered'],
  project(event) {
    const { tenant, data } = event;
    const { name, version, planHash, sourceHash } = data;
    return [
      {
        table: pipelineVersions.name,
        key: { pipeline_id: streamId('pipeline', event.stream), version },
        insert: {
          tenant,
          name,
          plan_hash: planHash,
          source_hash: sourceHash,
          registered_at: event.time,
        },
      },
    ];
  },
});
