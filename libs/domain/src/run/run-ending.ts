import type { RunEvent, SkipReason } from '#libs/events';
import { planStepAt } from './plan-graph.ts';
import { afterStepEnded } from './ready-steps.ts';
import type { RunDraft } from './run-draft.ts';
import { runOutcome } from './run-outcome.ts';

// What follows, in the same append, when steps end.

/** Ends a step: skips the steps that can no longer run, queues those that may start, and ends the run after its last step. */
export function followStepEnd(draft: RunDraft, ended: number): void {
  const { ready, unreachable } = afterStepEnded(draft.run, ended);
  for (const index of unreachable) draft.add(stepSkipped(draft, index, 'dependency-failed'));
  queueSteps(draft, ready);
  endRunIfDone(draft);
}

export function queueSteps(draft: RunDraft, indexes: readonly number[]): void {
  const { graph } = draft.run;
  for (const index of indexes) draft.add(stepQueued(planStepAt(graph, index).id, 1));
}

/** Ends the run if no step is open. */
export function endRunIfDone(draft: RunDraft): void {
  if (draft.run.openSteps > 0) return;
  const { outcome, failedSteps } = runOutcome(draft.run);
  draft.add({ type: 'run.finished', data: { outcome, failedSteps: [...failedSteps] } });
}

export function stepQueued(step: string, attempt: number): RunEvent {
  return { type: 'run.step-queued', data: { step, attempt } };
}

export function stepSkipped(draft: RunDraft, index: number, reason: SkipReason): RunEvent {
  const step = planStepAt(draft.run.graph, index).id;
  return { type: 'run.step-skipped', data: { step, reason } };
}
