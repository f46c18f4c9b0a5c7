import { describe, expect, it } from 'vitest';
import { defaultTenant, type Plan, type RecordedEvent, type RunEvent } from '#libs/events';
import { foldRun } from '#libs/projections';
import { explainWait } from './step-why.ts';

const runId = '01900000-0000-7000-8000-000000000001';
const executor = '01900000-0000-7000-8000-0000000000ee';

const plan: Plan = {
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

const queued: RunEvent = {
  type: 'run.queued',
  data: {
    runNumber: 7,
    pipelineId: runId,
    pipeline: 'demo',
    planHash: 'a'.repeat(64),
    trigger: { kind: 'api', actor: 'user:admin' },
    inputs: {},
    source: { kind: 'none' },
    isolation: 'none',
  },
};

/** Positions 11, 12, …; one second apart. */
function history(...facts: readonly RunEvent[]): readonly RecordedEvent[] {
  return facts.map((fact, at) => ({
    ...fact,
    position: 11 + at,
    id: `0-${11 + at}`,
    schemaVersion: 1,
    stream: `run-${runId}`,
    version: at + 1,
    time: new Date(Date.UTC(2026, 0, 1, 0, 0, at)).toISOString(),
    tenant: defaultTenant,
    actor: 'system',
    correlationId: runId,
    causationId: null,
    commandId: null,
    traceparent: null,
  }));
}

const whole = history(
  queued,
  { type: 'run.step-queued', data: { step: 'build', attempt: 1 } },
  { type: 'run.step-wait-changed', data: { step: 'build', attempt: 1, reason: 'slots' } },
  { type: 'run.step-assigned', data: { step: 'build', attempt: 1, executor, leaseMs: 20_000 } },
  { type: 'run.step-started', data: { step: 'build', attempt: 1, executor, fence: 14 } },
  {
    type: 'run.step-finished',
    data: { step: 'build', attempt: 1, fence: 14, outcome: 'failure', cause: 'exit', exitCode: 3 },
  },
  { type: 'run.step-skipped', data: { step: 'test', reason: 'dependency-failed' } },
  { type: 'run.finished', data: { outcome: 'failure', failedSteps: ['build'] } },
);

describe('explainWait', () => {
  const at = Date.UTC(2026, 0, 1, 0, 1);
  const explain = (count: number, id: string) => {
    const run = foldRun(plan, whole.slice(0, count));
    const step = run.steps.find((candidate) => candidate.id === id);
    if (!step) throw new Error(`no step ${id}`);
    return explainWait(run, step, { nowMs: at });
  };

  it('names the dependency that is open', () => {
    expect(explain(3, 'test').summary).toBe('waits for build');
  });

  it('counts a wait that still goes on', () => {
    expect(explain(3, 'build')).toMatchObject({
      summary: 'waits 58.0s because every fitting executor was busy',
      waits: [{ durationMs: 58_000, to: null }],
    });
  });

  it('tells a wait that is over, how long it was to the first start, and how the step ended', () => {
    expect(explain(8, 'build')).toMatchObject({
      summary: 'failure (exit 3); waited 1.0s because every fitting executor was busy',
      waitedMs: 4_000,
    });
  });

  it('says why a step was skipped, and for which', () => {
    expect(explain(8, 'test').summary).toBe('skipped: dependency-failed (build)');
  });
});
