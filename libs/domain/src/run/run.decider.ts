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

/** A decider of runs, with the plan that has to be loaded before an event can be folded. */
export interface RunDecider
  extends Decider<RunState, RunCommand, RunEvent, RunRejection, PlanLookup> {
  planHash(event: RunEvent): string | undefined;
  stateBytes(state: RunState): number;
  isOver(state: RunState): boolean;
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

/** Bytes of a running step: its object, its own strings for the time and the executor's id, the list of ended fences. */
const bytesPerStep = 256;
/** Bytes of the texts of a run. They are in its facts, which never change. */
const factsBytes = new WeakMap<object, number>();

/** Estimates the bytes of a run's state without its plan, which runs of one pipeline share. */
function stateBytes(state: RunState): number {
  if (state.status === 'unknown') return 0;
  const { facts, steps } = state;
  let bytes = factsBytes.get(facts);
  if (bytes === undefined) {
    bytes = 2 * JSON.stringify(facts).length;
    factsBytes.set(facts, bytes);
  }
  return bytes + steps.length * bytesPerStep;
}

/** The decider of runs. A run's stream is `run-<id>`, and has the events of its steps and attempts, too. */
export const runDecider: RunDecider = {
  initialState: { status: 'unknown' },
  decide,
  evolve: evolveRun,
  planHash: (event) => (event.type === 'run.queued' ? event.data.planHash : undefined),
  stateBytes,
  isOver: (state) => state.status === 'finished',
};
