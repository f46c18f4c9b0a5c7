import { failures, type Outcome, type PlanStep } from '#libs/events';
import { itemsOf } from './chunked-list.ts';
import { planStepAt } from './plan-graph.ts';
import type { KnownRun, StepState } from './run.types.ts';

/** run.finished names at most this many steps: 500 ids of 63 letters keep the event far below its 64 KiB. */
export const failedStepsMax = 500;

/** Whether no further attempt of the step can follow (except a retry that is scheduled in the same append). */
export function hasEnded(step: StepState): boolean {
  return step.status === 'finished' || step.status === 'skipped';
}

/**
 * Whether the steps that depend on this one may start.
 *
 * After a step that may fail they start, however it failed. A step that was skipped by its condition, or reused, counts as a
 * success. One that was skipped because its own dependency failed, or because the run was cancelled, doesn't, even if it
 * may fail, because its result is unknown.
 */
export function isSatisfied(step: StepState, { allowFailure }: Pick<PlanStep, 'allowFailure'>) {
  if (step.status === 'skipped') return step.reason === 'condition' || step.reason === 'reused';
  if (step.status !== 'finished') return false;
  if (step.outcome === 'success' || step.outcome === 'skipped') return true;
  return allowFailure && failures.has(step.outcome);
}

/** Whether the step makes the run fail: it ended in failure, error or timeout, and may not fail. */
export function hasFailed(step: StepState, { allowFailure }: Pick<PlanStep, 'allowFailure'>) {
  return step.status === 'finished' && !allowFailure && failures.has(step.outcome);
}

/**
 * The outcome of a run whose steps have all ended: the first of these that holds.
 *
 * 1. `cancelled`: somebody cancelled the run, even if steps reported other outcomes afterwards;
 * 2. `error`: a step ended by the system's fault, so the run says nothing about the user's work;
 * 3. `timeout`, 4. `failure`: a step ended so;
 * 5. `cancelled`: an executor gave a step up, and nothing else went wrong;
 * 6. `success`, also if every step was skipped.
 *
 * Steps that may fail don't count. `failedSteps` are in plan order, at most `failedStepsMax`.
 */
export function runOutcome(run: KnownRun): {
  readonly outcome: Outcome;
  readonly failedSteps: readonly string[];
} {
  const seen = new Set<Outcome>();
  const failedSteps: string[] = [];
  let index = 0;
  for (const step of itemsOf(run.steps)) {
    const planStep = planStepAt(run.graph, index);
    index += 1;
    if (step.status === 'finished' && !isSatisfied(step, planStep)) seen.add(step.outcome);
    if (hasFailed(step, planStep) && failedSteps.length < failedStepsMax)
      failedSteps.push(planStep.id);
  }
  if (run.cancelRequest !== null) return { outcome: 'cancelled', failedSteps };
  const worst = (['error', 'timeout', 'failure', 'cancelled'] as const).find((one) =>
    seen.has(one),
  );
  return { outcome: worst ?? 'success', failedSteps };
}
