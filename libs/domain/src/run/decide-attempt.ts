import type { AttemptReport } from '#libs/events';
import { accept, reject } from '#libs/kernel';
import { findStep, runNotFound, stepNotFound } from './find-step.ts';
import { reportThatFits } from './report-size.ts';
import { matchingRule } from './retry-rules.ts';
import { canTryAgain, scheduleRetry } from './retry-step.ts';
import type { FinishAttempt, RunDecision, StartAttempt } from './run.commands.ts';
import { isHeld } from './run.evolve.ts';
import type { AssignedStep, RunningStep, RunState, StepState } from './run.types.ts';
import { RunDraft } from './run-draft.ts';
import { followStepEnd } from './run-ending.ts';

// The reports of an executor about an attempt. It repeats a report until it has an answer, so a repeat gets the same answer.

/** Starts an attempt: once this is acknowledged the executor may run the command. An attempt starts at most once. */
export function decideStartAttempt(command: StartAttempt, state: RunState): RunDecision {
  if (state.status === 'unknown') return runNotFound();
  const { step, attempt, executor, fence } = command;
  const found = findStep(state, step);
  if (found === undefined) return stepNotFound(state, step);
  const current = found.step;
  if (!isHeldBy(current, command)) return fenced(command);
  if (current.status === 'running') return accept();
  return accept({ type: 'run.step-started', data: { step, attempt, executor, fence } });
}

/** Ends an attempt, with everything that follows from its end. Only the first report of a fence counts. */
export function decideFinishAttempt(command: FinishAttempt, state: RunState): RunDecision {
  if (state.status === 'unknown') return runNotFound();
  const { step, attempt, fence, nowMs, random } = command;
  const found = findStep(state, step);
  if (found === undefined) return stepNotFound(state, step);
  const current = found.step;
  if (current.endedFences.includes(fence)) return accept();
  if (!isHeldBy(current, command)) return fenced(command);
  if (current.status === 'assigned' && !isPossibleUnstarted(command.report)) {
    return reject(
      'attempt.fenced',
      `attempt ${attempt} of step ${step} reports ${command.report.outcome} but never started`,
    );
  }
  const report = reportThatFits(command.report);
  const draft = new RunDraft(state);
  draft.add({ type: 'run.step-finished', data: { step, attempt, fence, ...report } });
  const { retry } = state.graph.plan.steps[found.index] ?? {};
  const rule = retry && matchingRule(retry, report);
  if (rule !== undefined && canTryAgain(draft.run, found.index, attempt)) {
    scheduleRetry(draft, found.index, { attempt, rule, nowMs, random });
  } else {
    followStepEnd(draft, found.index);
  }
  return draft.decision();
}

export function holdsAttempt(
  step: StepState,
  { attempt, fence }: { readonly attempt: number; readonly fence: number },
): step is AssignedStep | RunningStep {
  return isHeld(step) && step.attempt === attempt && step.fence === fence;
}

function isHeldBy(
  step: StepState,
  command: StartAttempt | FinishAttempt,
): step is AssignedStep | RunningStep {
  return holdsAttempt(step, command) && step.executor === command.executor;
}

/** An attempt that was not started did not run its command, so it can have neither succeeded nor failed. */
function isPossibleUnstarted({ outcome }: AttemptReport): boolean {
  return outcome === 'error' || outcome === 'timeout' || outcome === 'cancelled';
}

function fenced({ step, attempt, fence }: StartAttempt | FinishAttempt) {
  return reject(
    'attempt.fenced',
    `fence ${fence} does not hold attempt ${attempt} of step ${step} (any more)`,
  );
}
