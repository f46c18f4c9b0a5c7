import type { Projection, ReadTable } from './projection.ts';

const runList: ReadTable = {
  name: 'run_list',
  key: ['run_id'],
  columns: {
    run_id: 'uuid',
    number: 'bigint',
    pipeline: 'text',
    plan_hash: 'text',
    status: 'text',
    outcome: 'text',
    queued_at: 'timestamptz',
    started_at: 'timestamptz',
    finished_at: 'timestamptz',
    trigger: 'jsonb',
    retry_of: 'uuid',
    source: 'jsonb',
    isolation: 'text',
    inputs: 'jsonb',
    failed_steps: 'jsonb',
    position: 'bigint',
  },
};

/** A row a run: what lists show, and the head of a run's page. */
export const runListProjection: Projection = {
  name: 'run-list',
  version: 1,
  tables: [runList],
  handles: ['run.queued', 'run.step-started', 'run.cancel-requested', 'run.finished'],
  project(event) {
    const key = { run_id: event.stream.slice('run-'.length) };
    const set = (columns: Readonly<Record<string, unknown>>, first = {}) => [
      { table: runList.name, key, set: { ...columns, position: event.position }, first },
    ];
    switch (event.type) {
      case 'run.queued': {
        const { data } = event;
        const insert = {
          number: data.runNumber,
          pipeline: data.pipeline,
          plan_hash: data.planHash,
          status: 'queued',
          queued_at: event.time,
          trigger: data.trigger,
          retry_of: data.retryOf ?? null,
          source: data.source,
          isolation: data.isolation,
          inputs: data.inputs,
          failed_steps: [],
          position: event.position,
        };
        return [{ table: runList.name, key, insert }];
      }
      case 'run.step-started':
        return set({ status: 'running' }, { started_at: event.time });
      case 'run.cancel-requested':
        return set({ status: 'cancelling' });
      case 'run.finished':
        return set({
          status: 'finished',
          outcome: event.data.outcome,
          finished_at: event.time,
          failed_steps: event.data.failedSteps,
        });
      default:
        return [];
    }
  },
};
