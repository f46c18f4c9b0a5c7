import type { RunEvent } from '#libs/events';
import { accept, assertNever, reject } from '#libs/kernel';
import { itemAt } from './chunked-list.ts';
import { runNotFound } from './find-step.ts';
import type { CancelRun, RunDecision } from './run.commands.ts';
import type { LiveRun, RunState } from './run.types.ts';
import { RunDraft } from './run-draft.ts';
import { endRunIfDone, stepSkipped } from './run-ending.ts';

/**
 * Cancels a run. Steps that are not running end at once; running steps report their own end, and the last one ends the run.
 * A second cancel changes something only if it adds force.
 */
export function decideCancel(command: CancelRun, state: RunState): RunDecision {
  switch (state.status) {
    case 'unknown':
      return runNotFound();
    case 'finished':
      return reject(
        'run.already-finished',
        `run ${state.facts.runNumber} finished: ${state.outcome}`,
      );
    case 'cancelling':
      return command.force && state.cancelRequest?.force !== true
        ? accept(cancelRequested(command))
        : accept();
    case 'queued':
    case 'running':
      return cancelLive(command, state);
    default:
      return assertNever(state);
  }
}

function cancelLive(command: CancelRun, state: LiveRun): RunDecision {
  const draft = new RunDraft(state);
  draft.add(cancelRequested(command));
  state.graph.plan.steps.forEach((_, index) => {
    const end = endOfUnstarted(draft, index);
    if (end !== undefined) draft.add(end);
  });
  endRunIfDone(draft);
  return draft.decision();
}

/** How a step that has not started ends; undefined if it has ended or is running. */
function endOfUnstarted(draft: RunDraft, index: number): RunEvent | undefined {
  const step = itemAt(draft.run.steps, index);
  switch (step.status) {
    case 'waiting':
    case 'queued':
    case 'retrying':
      return stepSkipped(draft, index, 'cancelled');
    case 'assigned': {
      const { attempt, fence } = step;
      // Decided in one append with the assignment: its fence does not exist yet, and no executor knows of it.
      if (fence === 0) return stepSkipped(draft, index, 'cancelled');
      const id = draft.run.graph.plan.steps[index]?.id ?? '';
      const end = { outcome: 'cancelled', cause: 'cancelled' } as const;
      return { type: 'run.step-finished', data: { step: id, attempt, fence, ...end } };
    }
    case 'running':
    case 'lost':
    case 'finished':
    case 'skipped':
      return undefined;
    default:
      return assertNever(step);
  }
}

function cancelRequested({ by, reason, force }: CancelRun): RunEvent {
  const data = { by, force, ...(reason === undefined ? {} : { reason }) };
  return { type: 'run.cancel-requested', data };
}
