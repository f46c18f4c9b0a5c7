import { type PlanLookup, type RecordedEvent, streamId } from '#libs/events';
import { defineProjection, type ReadTable, type RowChange } from './projection.ts';

export const runSteps: ReadTable = {
  name: 'run_steps',
  key: ['run_id', 'step'],
  columns: {
    run_id: 'uuid',
    step: 'text',
    ordinal: 'int',
    name: 'text',
    status: 'text',
    outcome: 'text',
    cause: 'text',
    exit_code: 'int',
    signal: 'text',
    allow_failure: 'boolean',
    depends_on: 'jsonb',
    skip_reason: 'text',
    ended_at: 'timestamptz',
  },
};

export const runAttempts: ReadTable = {
  name: 'run_attempts',
  key: ['run_id', 'step', 'attempt'],
  columns: {
    run_id: 'uuid',
    step: 'text',
    attempt: 'int',
    executor: 'uuid',
    fence: 'bigint',
    assigned_at: 'timestamptz',
    started_at: 'timestamptz',
    finished_at: 'timestamptz',
    report: 'jsonb',
  },
  indexes: [{ columns: ['executor'], where: 'finished_at is null' }],
};

export const runWaits: ReadTable = {
  name: 'run_waits',
  key: ['run_id', 'step', 'position'],
  columns: {
    run_id: 'uuid',
    step: 'text',
    position: 'bigint',
    reason: 'text',
    from_at: 'timestamptz',
  },
};

const stepEvents = [
  'run.step-queued',
  'run.step-wait-changed',
  'run.step-assigned',
  'run.step-started',
  'run.step-finished',
  'run.step-attempt-lost',
  'run.step-retry-scheduled',
  'run.step-skipped',
] as const;

/** Steps, attempts and recorded waits of every run. Where a wait ended is read from what came next. */
export const runDetailProjection = defineProjection({
  name: 'run-detail',
  version: 2,
  tables: [runSteps, runAttempts, runWaits],
  handles: ['run.queued', ...stepEvents],
  project(event, plans) {
    const runId = streamId('run', event.stream);
    if (event.type === 'run.queued') return stepRows(runId, event.data.planHash, plans);
    return stepChanges(event, { run_id: runId, step: event.data.step });
  },
});

const skipped = { status: 'skipped', outcome: 'skipped' };
const notEnded = { outcome: null, cause: null, exit_code: null, signal: null, ended_at: null };

function stepRows(runId: string, planHash: string, plans: PlanLookup): readonly RowChange[] {
  return plans(planHash).steps.map((step, ordinal) => ({
    table: runSteps.name,
    key: { run_id: runId, step: step.id },
    insert: {
      ordinal,
      name: step.name,
      status: 'waiting',
      allow_failure: step.allowFailure,
      depends_on: step.dependsOn,
    },
  }));
}

function stepChanges(
  event: Extract<RecordedEvent, { readonly type: (typeof stepEvents)[number] }>,
  key: { readonly run_id: string; readonly step: string },
): readonly RowChange[] {
  const step = (set: Readonly<Record<string, unknown>>) => ({ table: runSteps.name, key, set });
  const attempt = (number: number, set: Readonly<Record<string, unknown>>) => ({
    table: runAttempts.name,
    key: { ...key, attempt: number },
    set,
  });
  switch (event.type) {
    case 'run.step-queued':
      return [step({ status: 'queued' })];
    case 'run.step-wait-changed': {
      const insert = { reason: event.data.reason, from_at: event.time };
      return [{ table: runWaits.name, key: { ...key, position: event.position }, insert }];
    }
    case 'run.step-assigned': {
      const { attempt: number, executor } = event.data;
      const insert = { executor, fence: event.position, assigned_at: event.time };
      return [
        step({ status: 'assigned' }),
        { table: runAttempts.name, key: { ...key, attempt: number }, insert },
      ];
    }
    case 'run.step-started':
      return [step({ status: 'running' }), attempt(event.data.attempt, { started_at: event.time })];
    case 'run.step-finished': {
      const { step: _, attempt: number, fence: __, ...report } = event.data;
      return [
        step({
          status: 'finished',
          outcome: report.outcome,
          cause: report.cause,
          exit_code: report.exitCode ?? null,
          signal: report.signal ?? null,
          ended_at: event.time,
        }),
        attempt(number, { finished_at: event.time, report }),
      ];
    }
    case 'run.step-attempt-lost':
      return [
        attempt(event.data.attempt, {
          finished_at: event.time,
          report: { outcome: 'error', cause: 'worker-lost' },
        }),
      ];
    case 'run.step-retry-scheduled':
      // The step has not ended after all; what the attempt came to stands with the attempt.
      return [step({ status: 'waiting', ...notEnded })];
    case 'run.step-skipped':
      return [step({ ...skipped, skip_reason: event.data.reason, ended_at: event.time })];
  }
}
