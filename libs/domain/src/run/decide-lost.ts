import type { RunEvent } from '#libs/events';
import { accept } from '#libs/kernel';
import { itemAt } from './chunked-list.ts';
import { holdsAttempt } from './decide-attempt.ts';
import { findStep, runNotFound, stepNotFound } from './find-step.ts';
import { planStepAt } from './plan-graph.ts';
import { matchingRule } from './retry-rules.ts';
import { canTryAgain, scheduleRetry } from './retry-step.ts';
import type { LoseAttempt, RunDecision } from './run.commands.ts';
import type { RunState } from './run.types.ts';
import { RunDraft } from './run-draft.ts';
import { followStepEnd, stepQueued } from './run-ending.ts';

/**
 * A step is given up if more of its executors than this are lost before its command runs: a step whose preparation kills its
 * executor must not be assigned for ever. Ten losses take at least ten lease terms, more than three minutes.
 */
export const lostBeforeStartMax = 10;

/**
 * Handles the loss of an attempt's executor. If the command had not started, the step is queued again; if it may have run,
 * only a retry rule allows another attempt. If the attempt has ended meanwhile, nothing follows.
 */
export function decideLose(command: LoseAttempt, state: RunState): RunDecision {
  if (state.status === 'unknown') return runNotFound();
  const { step, attempt, fence, why, nowMs, random } = command;
  const found = findStep(state, step);
  if (found === undefined) return stepNotFound(state, step);
  if (!holdsAttempt(found.step, command)) return accept();
  const hadStarted = found.step.status === 'running';
  const { index } = found;
  const draft = new RunDraft(state);
  draft.add({ type: 'run.step-attempt-lost', data: { step, attempt, fence, why } });
  const rule = matchingRule(planStepAt(state.graph, index).retry, {
    outcome: 'error',
    cause: 'worker-lost',
  });
  if (state.status === 'cancelling') {
    endLost(draft, index, attemptCancelled(command));
  } else if (!hadStarted && itemAt(draft.run.steps, index).lostBeforeStart <= lostBeforeStartMax) {
    draft.add(stepQueued(step, attempt + 1));
  } else if (hadStarted && rule !== undefined && canTryAgain(draft.run, index, attempt)) {
    scheduleRetry(draft, index, { attempt, rule, nowMs, random });
  } else {
    endLost(draft, index, attemptGivenUp(command, hadStarted));
  }
  return draft.decision();
}

function endLost(draft: RunDraft, index: number, end: RunEvent): void {
  draft.add(end);
  followStepEnd(draft, index);
}

function attemptCancelled({ step, attempt, fence }: LoseAttempt): RunEvent {
  const data = { step, attempt, fence, outcome: 'cancelled', cause: 'cancelled' } as const;
  return { type: 'run.step-finished', data };
}

function attemptGivenUp({ step, attempt, fence }: LoseAttempt, hadStarted: boolean): RunEvent {
  const message = hadStarted
    ? 'the executor was lost while the step ran'
    : `executors were lost before the step started, more than ${lostBeforeStartMax} times`;
  const data = { step, attempt, fence, outcome: 'error', cause: 'worker-lost', message } as const;
  return { type: 'run.step-finished', data };
}
