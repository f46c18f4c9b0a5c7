import type { PlanLookup, RunEvent } from '#libs/events';
import { assertNever, type Decider } from '#libs/kernel';
import { decideFinishAttempt, decideStartAttempt } from './decide-attempt.ts';
import { decideCancel } from './decide-cancel.ts';
import { decideLose } from './decide-lost.ts';
import { decideStart } from './decide-start.ts';
import { decideAssign, decideNoteWait, decideRelease } from './decide-waiting.ts';
import type { RunCommand, RunDecision, RunRejection } from './run.commands.ts';
import { evolveRun } from './run.evolve.ts';
import type { RunState } from './run.types.ts';

/** A decider over runs, and the plan that has to be loaded before an event can be folded. */
export interface RunDecider
  extends Decider<RunState, RunCommand, RunEvent, RunRejection, PlanLookup> {
  planHash(event: RunEvent): string | undefined;
}

function decide(command: RunCommand, state: RunState): RunDecision {
  switch (command.kind) {
    case 'start-run':
      return decideStart(command, state);
    case 'assign-step':
      return decideAssign(command, state);
    case 'start-attempt':
      return decideStartAttempt(command, state);
    case 'finish-attempt':
      return decideFinishAttempt(command, state);
    case 'lose-attempt':
      return decideLose(command, state);
    case 'release-retry':
      return decideRelease(command, state);
    case 'note-wait':
      return decideNoteWait(command, state);
    case 'cancel-run':
      return decideCancel(command, state);
    default:
      return assertNever(command);
  }
}

/** Everything that a run may do. Its stream is `run-<id>`; its steps and attempts live in it. */
export const runDecider: RunDecider = {
  initialState: { status: 'unknown' },
  decide,
  evolve: evolveRun,
  planHash: (event) => (event.type === 'run.queued' ? event.data.planHash : undefined),
};
