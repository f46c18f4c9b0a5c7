import type { Plan, RunEvent } from '#libs/events';
import { accept, invariant } from '#libs/kernel';
import type { RunDecision } from './run.commands.ts';
import { evolveRun } from './run.evolve.ts';
import type { LiveRun, RunState } from './run.types.ts';

// Decided events have no position yet.
const nowhere = { position: 0, time: '' };

/**
 * An unfinished decision: the events so far and the run after them. Later parts of the decision see the state that the same
 * fold makes of the log.
 */
export class RunDraft {
  readonly #events: RunEvent[] = [];
  #state: RunState;
  readonly #plan: Plan | undefined;

  /** @param plan  the plan of a run.queued in the draft */
  constructor(state: RunState, plan?: Plan) {
    this.#state = state;
    this.#plan = plan;
  }

  /** The run after the events so far. */
  get run(): LiveRun {
    const state = this.#state;
    invariant(state.status !== 'unknown' && state.status !== 'finished', 'the run is not live');
    return state;
  }

  add(event: RunEvent): void {
    this.#events.push(event);
    this.#state = evolveRun(this.#state, event, nowhere, () => {
      invariant(this.#plan !== undefined, 'only a start brings a plan');
      return this.#plan;
    });
  }

  decision(): RunDecision {
    return accept(...this.#events);
  }
}
