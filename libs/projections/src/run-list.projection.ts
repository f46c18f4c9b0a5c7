import type { RunDto } from '#libs/api-contract';
import { type RecordedEvent, streamId } from '#libs/events';
import { defineProjection, type ReadTable } from './projection.ts';

/** The last of these that has happened says what a run's status is. */
const statusByTime = {
  finished_at: 'finished',
  cancel_requested_at: 'cancelling',
  started_at: 'running',
} as const satisfies Record<string, RunDto['status']>;
const statusAtFirst: RunDto['status'] = 'queued';

/** The status of a run by its times, as the database works it out for a stored row. */
export function runStatusOf(row: Readonly<Record<string, unknown>>): RunDto['status'] {
  const reached = Object.entries(statusByTime).find(([column]) => (row[column] ?? null) !== null);
  return reached?.[1] ?? statusAtFirst;
}

export const runList: ReadTable = {
  name: 'run_list',
  key: ['run_id'],
  columns: {
    run_id: 'uuid',
    tenant: 'text',
    number: 'bigint',
    pipeline: 'text',
    plan_hash: 'text',
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
    cancel_requested_at: 'timestamptz',
    // It follows from what happened: a step that starts after its run was asked to cancel does not make it `running` again.
    status: {
      type: 'text',
      generatedAs: `case ${Object.entries(statusByTime)
        .map(([column, status]) => `when ${column} is not null then '${status}'`)
        .join(' ')} else '${statusAtFirst}' end`,
    },
    cancel_by: 'text',
    cancel_reason: 'text',
  },
  indexes: [
    { columns: ['number'], unique: true },
    { columns: ['tenant', 'number'] },
    { columns: ['tenant', 'pipeline', 'number'] },
    { columns: ['tenant', 'number'], where: `status <> 'finished'` },
  ],
};

/** A row a run: what lists show, and the head of a run's page. The database derives `status` from the times. */
export const runListProjection = defineProjection({
  name: 'run-list',
  version: 4,
  tables: [runList],
  handles: ['run.queued', 'run.step-started', 'run.cancel-requested', 'run.finished'],
  project(event) {
    const key = { run_id: streamId('run', event.stream) };
    switch (event.type) {
      case 'run.queued': {
        const { data } = event;
        const insert = {
          tenant: event.tenant,
          number: data.runNumber,
          pipeline: data.pipeline,
          plan_hash: data.planHash,
          queued_at: event.time,
          trigger: data.trigger,
          retry_of: data.retryOf ?? null,
          source: data.source,
          isolation: data.isolation,
          inputs: data.inputs,
          failed_steps: [],
        };
        return [{ table: runList.name, key, insert }];
      }
      case 'run.step-started':
        return [{ table: runList.name, key, first: { started_at: event.time } }];
      case 'run.cancel-requested':
        return [{ table: runList.name, key, first: cancelOf(event) }];
      case 'run.finished': {
        const { outcome, failedSteps } = event.data;
        const set = { outcome, finished_at: event.time, failed_steps: failedSteps };
        return [{ table: runList.name, key, set }];
      }
    }
  },
});

function cancelOf({ time, data }: Extract<RecordedEvent, { type: 'run.cancel-requested' }>) {
  return {
    cancel_requested_at: time,
    cancel_by: data.by,
    // Not null: a later wish with a reason would fill it.
    cancel_reason: data.reason ?? '',
  };
}
