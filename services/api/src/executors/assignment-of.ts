import { type RunState, stepsOf } from '#libs/domain';
import { stepIsolation, stepNetwork } from '#libs/events';
import type { Assignment } from '#libs/executor-protocol';
import { invariant } from '#libs/kernel';
import { resolveStepEnv } from '#libs/pipeline-dsl';
import type { AttemptRef } from './known-attempts.ts';

/** A run that was queued. */
type KnownRun = Exclude<RunState, { status: 'unknown' }>;

/** Everything that an executor needs to know for an attempt. */
export function assignmentOf(
  run: KnownRun,
  attempt: AttemptRef,
  { fence, tenant, traceparent }: Pick<Assignment, 'fence' | 'tenant' | 'traceparent'>,
): Assignment {
  const { facts, graph } = run;
  const step = graph.plan.steps.find(({ id }) => id === attempt.step);
  invariant(step, `run ${attempt.runId} has no step ${attempt.step}`);
  return {
    fence,
    tenant,
    runId: attempt.runId,
    runNumber: facts.runNumber,
    pipeline: facts.pipeline,
    step: step.id,
    attempt: attempt.attempt,
    commands: step.commands,
    env: resolveStepEnv(graph.plan, step, facts.inputs),
    timeoutMs: step.timeoutMs,
    image: step.image,
    network: stepNetwork(step, facts.network),
    isolation: stepIsolation(step, facts.isolation),
    ...(step.streams && { streams: step.streams }),
    ...(step.shell && { shell: step.shell }),
    artifacts: step.artifacts,
    ...(step.artifactsOverLimit && { artifactsOverLimit: step.artifactsOverLimit }),
    source: facts.source,
    ...(graph.plan.checkout && { checkout: graph.plan.checkout }),
    workspaceOf: continuesWorkspace(run) ? (facts.retryOf ?? attempt.runId) : attempt.runId,
    traceparent,
  };
}

/** A retry that reuses steps goes on in the workspace of the run before it. */
function continuesWorkspace(run: KnownRun): boolean {
  return (
    run.facts.retryOf !== undefined &&
    stepsOf(run).some(({ step }) => step.status === 'skipped' && step.reason === 'reused')
  );
}
