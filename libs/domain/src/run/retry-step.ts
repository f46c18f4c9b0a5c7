import { retryDelayMs } from '#libs/kernel';
import { itemAt } from './chunked-list.ts';
import { planStepAt } from './plan-graph.ts';
import type { LiveRun } from './run.types.ts';
import type { RunDraft } from './run-draft.ts';
import { stepQueued } from './run-ending.ts';

/** Tries that count: those lost before the command ran don't. */
function triesMade(run: LiveRun, index: number, attempt: number): number {
  return attempt - itemAt(run.steps, index).lostBeforeStart;
}

/** Whether the step has a try left after this attempt. In a run that is cancelled nothing is tried again. */
export function canTryAgain(run: LiveRun, index: number, attempt: number): boolean {
  const { retry } = planStepAt(run.graph, index);
  return run.status !== 'cancelling' && triesMade(run, index, attempt) <= retry.max;
}

/** Puts the next attempt off by the step's back-off; where that is nothing it is queued at once. */
export function scheduleRetry(
  draft: RunDraft,
  index: number,
  ended: {
    readonly attempt: number;
    readonly rule: string;
    readonly nowMs: number;
    readonly random: number;
  },
): void {
  const { id: step, retry } = planStepAt(draft.run.graph, index);
  const nextAttempt = ended.attempt + 1;
  const tries = triesMade(draft.run, index, ended.attempt);
  const delayMs = retryDelayMs(tries, retry.backoffMs, ended.random);
  const notBefore = new Date(ended.nowMs + delayMs).toISOString();
  draft.add({
    type: 'run.step-retry-scheduled',
    data: { step, nextAttempt, notBefore, rule: ended.rule },
  });
  if (delayMs === 0) draft.add(stepQueued(step, nextAttempt));
}
