import { accept, reject } from '#libs/kernel';
import { findStep, runNotFound, stepNotFound } from './find-step.ts';
import type { AssignStep, NoteWait, ReleaseRetry, RunDecision } from './run.commands.ts';
import type { RunState } from './run.types.ts';
import { stepQueued } from './run-ending.ts';

// Commands about a step that no executor holds: the scheduler assigns it, records why it waits, and ends its retry delay.

/** Assigns a queued attempt to an executor. */
export function decideAssign(command: AssignStep, state: RunState): RunDecision {
  if (state.status === 'unknown') return runNotFound();
  const { step, attempt, executor, leaseMs } = command;
  const found = findStep(state, step);
  if (found === undefined) return stepNotFound(state, step);
  const isOpen = state.status === 'queued' || state.status === 'running';
  const current = found.step;
  if (!isOpen || current.status !== 'queued' || current.attempt !== attempt) {
    return reject(
      'step.not-ready',
      `attempt ${attempt} of step ${step} cannot be assigned: the run is ${state.status}, the step ${current.status}`,
    );
  }
  return accept({ type: 'run.step-assigned', data: { step, attempt, executor, leaseMs } });
}

/** Queues a delayed attempt once it is due. Does nothing if that has happened, or the step has changed otherwise. */
export function decideRelease(command: ReleaseRetry, state: RunState): RunDecision {
  if (state.status === 'unknown') return runNotFound();
  const { step, attempt, nowMs } = command;
  const found = findStep(state, step);
  if (found === undefined) return stepNotFound(state, step);
  const current = found.step;
  if (current.status !== 'retrying' || current.attempt !== attempt) return accept();
  if (nowMs < Date.parse(current.notBefore)) {
    return reject(
      'step.not-ready',
      `attempt ${attempt} of step ${step} is not due before ${current.notBefore}`,
    );
  }
  return accept(stepQueued(step, attempt));
}

/** Records why an attempt waits, if the reason differs from the last one. Does nothing if the step no longer waits. */
export function decideNoteWait(command: NoteWait, state: RunState): RunDecision {
  if (state.status === 'unknown') return runNotFound();
  const { step, attempt, reason } = command;
  const found = findStep(state, step);
  if (found === undefined) return stepNotFound(state, step);
  const current = found.step;
  const waits = current.status === 'queued' || current.status === 'retrying';
  if (!waits || current.attempt !== attempt || current.waitReason === reason) return accept();
  return accept({ type: 'run.step-wait-changed', data: { step, attempt, reason } });
}
