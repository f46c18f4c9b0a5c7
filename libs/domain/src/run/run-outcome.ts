import { failures, type Outcome, type PlanStep } from '#libs/events';
import { itemsOf } from './chunked-list.ts';
import { planStepAt } from './plan-graph.ts';
import type { KnownRun, StepState } from './run.types.ts';

/** run.finished names at most this many steps: 500 ids of 63 letters keep the event far below its 64 KiB. */
export const failedStepsMax = 500;

/** No further attempt of the step can follow (but for a retry that is scheduled in the same append). */
export function hasEnded(step: StepState): boolean {
  return step.status === 'finished' || step.status === 'skipped';
}

/**
 * Whether the steps that depend on this one may start.
 *
 * A step that may fail lets them start however it failed. A step skipped by its condition, or reused, counts as success;
 * one skipped because its own dependency failed, or because the run was cancelled, doesn't, even where it may fail:
 * nobody knows what it would have said.
 */
export function isSatisfied(step: StepState, { allowFailure }: Pick<PlanStep, 'allowFailure'>) {
  if (step.status === 'skipped') return step.reason === 'condition' || step.reason === 'reused';
  if (step.status !== 'finished') return false;
  if (step.outcome === 'success' || step.outcome === 'skipped') return true;
  return allowFailure && failures.has(step.outcome);
}

/** Whether the step turns the run red: it ended in failure, error or timeout and may not. */
export function hasFailed(step: StepState, { allowFailure }: Pick<PlanStep, 'allowFailure'>) {
  return step.status === 'finished' && !allowFailure && failures.has(step.outcome);
}

/**
 * How a run whose steps have all ended came out, by the first of these that holds:
 *
 * 1. `cancelled` — somebody asked for it, whatever the steps still reported;
 * 2. `error` — a step ended by the system's fault: before it is repaired, nothing can be said about the user's work;
 * 3. `timeout`, 4. `failure` — a step said no;
 * 5. `cancelled` — an executor gave a step up and nothing else went wrong;
 * 6. `success` — also where every step was skipped.
 *
 * Steps that may fail don't count. `failedSteps` stand in plan order, at most `failedStepsMax`.
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
