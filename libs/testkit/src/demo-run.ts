import { defaultTenant, type Plan, type RecordedEvent, type RunEvent } from '#libs/events';

const demoRunId = '01900000-0000-7000-8000-000000000001';
export const demoExecutor = '01900000-0000-7000-8000-0000000000ee';

/** Two steps: `test` depends on `build`. */
export const demoPlan: Plan = {
  schema: 1,
  name: 'demo',
  vars: {},
  inputs: {},
  steps: ['build', 'test'].map((id) => ({
    id,
    name: id,
    commands: ['true'],
    env: {},
    dependsOn: id === 'test' ? ['build'] : [],
    timeoutMs: 60_000,
    retry: { max: 0, on: [], backoffMs: 0 },
    allowFailure: false,
    labels: [],
    image: 'host',
    network: 'none',
    artifacts: [],
  })),
};

const demoQueued: RunEvent = {
  type: 'run.queued',
  data: {
    runNumber: 7,
    pipelineId: demoRunId,
    pipeline: 'demo',
    planHash: 'a'.repeat(64),
    trigger: { kind: 'api', actor: 'user:admin' },
    inputs: {},
    source: { kind: 'none' },
    isolation: 'none',
  },
};

/** Events of one run at the positions 11, 12, …; one second apart. */
export function demoHistory(...facts: readonly RunEvent[]): readonly RecordedEvent[] {
  return facts.map((fact, at) => ({
    ...fact,
    position: 11 + at,
    id: `0-${11 + at}`,
    schemaVersion: 1,
    stream: `run-${demoRunId}`,
    version: at + 1,
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    tenant: defaultTenant,
    actor: 'system',
    correlationId: demoRunId,
    causationId: null,
    commandId: null,
    traceparent: null,
  }));
}

/** A run of `demoPlan` whose first step waits for a slot and fails. */
export const failedDemoRun = demoHistory(
  demoQueued,
  { type: 'run.step-queued', data: { step: 'build', attempt: 1 } },
  { type: 'run.step-wait-changed', data: { step: 'build', attempt: 1, reason: 'slots' } },
  {
    type: 'run.step-assigned',
    data: { step: 'build', attempt: 1, executor: demoExecutor, leaseMs: 20_000 },
  },
  {
    type: 'run.step-started',
    data: { step: 'build', attempt: 1, executor: demoExecutor, fence: 14 },
  },
  {
    type: 'run.step-finished',
    data: { step: 'build', attempt: 1, fence: 14, outcome: 'failure', cause: 'exit', exitCode: 3 },
  },
  { type: 'run.step-skipped', data: { step: 'test', reason: 'dependency-failed' } },
  { type: 'run.finished', data: { outcome: 'failure', failedSteps: ['build'] } },
);
