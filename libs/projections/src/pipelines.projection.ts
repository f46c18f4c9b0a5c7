import type { Projection, ReadTable } from './projection.ts';

const pipelineVersions: ReadTable = {
  name: 'pipeline_versions',
  key: ['pipeline_id', 'version'],
  columns: {
    pipeline_id: 'uuid',
    version: 'int',
    name: 'text',
    plan_hash: 'text',
    source_hash: 'text',
    registered_at: 'timestamptz',
  },
};

/** Every version of every pipeline. */
export const pipelinesProjection: Projection = {
  name: 'pipelines',
  version: 1,
  tables: [pipelineVersions],
  handles: ['pipeline.registered'],
  project(event) {
    if (event.type !== 'pipeline.registered') return [];
    const { name, version, planHash, sourceHash } = event.data;
    return [
      {
        table: pipelineVersions.name,
        key: { pipeline_id: event.stream.slice('pipeline-'.length), version },
        insert: { name, plan_hash: planHash, source_hash: sourceHash, registered_at: event.time },
      },
    ];
  },
};
