import { retryDelayMs } from '#libs/kernel';
import { itemAt } from './chunked-list.ts';
import { planStepAt } from './plan-graph.ts';
import type { LiveRun } from './run.types.ts';
import type { RunDraft } from './run-draft.ts';
import { stepQueued } from './run-ending.ts';

/** The attempts that count for `retry.max`: those lost before the command ran don't. */
function triesMade(run: LiveRun, index: number, attempt: number): number {
  return attempt - itemAt(run.steps, index).lostBeforeStart;
}

/** Whether the step may have another attempt. In a run that is being cancelled no step may. */
export function canTryAgain(run: LiveRun, index: number, attempt: number): boolean {
  const { retry } = planStepAt(run.graph, index);
  return run.status !== 'cancelling' && triesMade(run, index, attempt) <= retry.max;
}

/** Delays the next attempt by the step's back-off, or queues it at once if there is none. */
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
